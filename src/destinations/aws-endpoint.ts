/** AWS General Reference, "AWS service endpoints"; those of a VPC end in one of them as well. */
const AWS_HOST = /\.(amazonaws\.com(\.cn)?|api\.aws)$/

/** Whether it is AWS itself that answers at the endpoint, as it does where none is configured. */
export function isAws(endpoint: string | undefined): boolean {
  return endpoint === undefined || AWS_HOST.test(new URL(endpoint).hostname)
}

/** The ending of the host names of a region's services. */
export function endingOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
}
