/** A policy as IAM takes it (IAM User Guide, "JSON policy element reference"). */
export interface PolicyDocument {
  Version: '2012-10-17'
  Statement: PolicyStatement[]
}

interface PolicyStatement {
  Sid: string
  Effect: 'Allow'
  Action: string[]
  Resource?: string[]
  Principal?: { AWS: string }
  Condition?: Record<string, Record<string, string | string[]>>
}

/** A policy of these statements. */
export const policyOf = (...statements: PolicyStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
})

/** Who may take the role: one identity, and only with the external id (IAM User Guide, "The confused deputy problem"). */
export function trustPolicy(principal: string, externalId: string | undefined): PolicyDocument {
  return policyOf({
    Sid: 'MillraceTakesTheRole',
    Effect: 'Allow',
    Action: ['sts:AssumeRole'],
    Principal: { AWS: principal },
    ...(externalId !== undefined && { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
  })
}

/** What the identity of the machine needs where the account is a role. */
export function assumeRolePolicy(roleArn: string): PolicyDocument {
  return policyOf({ Sid: 'MillraceTakesTheRole', Effect: 'Allow', Action: ['sts:AssumeRole'], Resource: [roleArn] })
}

/** The partition of a region (AWS General Reference: ARNs). */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
