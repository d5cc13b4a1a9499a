/** RFC 5321: 64 characters before the @, 254 in all. Quoted local parts and address lists are left out on purpose. */
const EMAIL_ADDRESS = /^(?=.{3,254}$)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/

/** Whether `text` is one plain address, such as `data@acme.example`. */
export function isEmailAddress(text: string): boolean {
  return EMAIL_ADDRESS.test(text)
}
