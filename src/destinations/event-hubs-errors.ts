import type { ErrorGroup } from './error-table.js'

const EXCEPTIONS_PAGE = 'Microsoft Learn, "Azure Event Hubs - exceptions (.NET)" and "AMQP errors in Azure Service Bus"'
const AMQP_PART_2 = 'AMQP 1.0, part 2 "Transport", 2.8.15 to 2.8.18 "Errors"'
const AMQP_PART_3 = 'AMQP 1.0, part 3 "Messaging", 3.4 "Delivery state"'
const SDK_PAGE = '@azure/core-amqp 4, ConditionErrorNameMapper'
const ENTRA_PAGE = 'Microsoft Learn, "Microsoft Entra authentication and authorization error codes"'
const OAUTH_PAGE = 'RFC 6749, section 5.2; Microsoft Learn, "OAuth 2.0 client credentials flow", "Error response"'

/** Conditions of AMQP errors. A condition that is not here is transient. */
export const EVENT_HUBS_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'transient',
    source: `${EXCEPTIONS_PAGE}; ${AMQP_PART_2}`,
    advice: 'It is tried again.',
    perObject: true,
    names: [
      'amqp:internal-error',
      'com.microsoft:timeout',
      'com.microsoft:operation-cancelled',
      'amqp:resource-locked',
    ],
  },
  {
    class: 'transient',
    source: `${AMQP_PART_2}; "${EXCEPTIONS_PAGE}": links are detached after 10 minutes without events, and when the service moves the hub`,
    advice: 'A new link is opened, and it is tried again.',
    names: [
      'amqp:link:detach-forced',
      'amqp:link:stolen',
      'amqp:link:redirect',
      'amqp:link:transfer-limit-exceeded',
      'amqp:connection:forced',
      'amqp:connection:framing-error',
      'amqp:connection:redirect',
      'amqp:session:window-violation',
      'amqp:session:errant-link',
      'amqp:session:handle-in-use',
      'amqp:session:unattached-handle',
      'amqp:illegal-state',
      'com.microsoft:partition-not-owned',
    ],
  },
  {
    class: 'transient',
    source: `${EXCEPTIONS_PAGE}, QuotaExceededException: too many connections or links, or no space left`,
    advice: "Raise the namespace's quota, or end what else is connected to it, if it persists.",
    names: ['amqp:resource-limit-exceeded'],
  },
  {
    class: 'throttled',
    source: `${EXCEPTIONS_PAGE}, ServerBusyException: wait 10 seconds`,
    advice: 'It is tried again, more slowly; give the namespace more throughput units if it persists.',
    names: ['com.microsoft:server-busy'],
  },
  {
    class: 'throttled',
    source: `${SDK_PAGE}: the link has no credit`,
    advice: 'It is tried again, more slowly.',
    names: ['client.sender:not-enough-link-credit', 'client.sender:link-not-ready'],
  },
  {
    class: 'credentials',
    source: `${EXCEPTIONS_PAGE}, UnauthorizedAccessException; a refused $cbs token has the same condition`,
    advice:
      "Renew the account's secret, and give it the Send claim (or the role Azure Event Hubs Data Sender) on the event hub; it is read again by itself.",
    names: ['amqp:unauthorized-access', 'com.microsoft:publisher-revoked'],
  },
  {
    class: 'configuration',
    source: `${EXCEPTIONS_PAGE}, MessagingEntityNotFoundException; ${AMQP_PART_2}`,
    advice: 'Create the event hub, or mend its name in the configuration.',
    names: ['amqp:not-found', 'amqp:resource-deleted'],
  },
  {
    class: 'configuration',
    source: `${EXCEPTIONS_PAGE}, MessagingEntityDisabledException`,
    advice: 'Enable the event hub (its status must be Active).',
    names: ['com.microsoft:entity-disabled'],
  },
  {
    class: 'configuration',
    source: `${EXCEPTIONS_PAGE}, ArgumentException; ${AMQP_PART_2}`,
    advice: 'The hub does not take such messages; check what this namespace and its tier support.',
    names: [
      'com.microsoft:argument-error',
      'com.microsoft:argument-out-of-range',
      'amqp:not-allowed',
      'amqp:not-implemented',
      'amqp:invalid-field',
      'amqp:decode-error',
      'amqp:precondition-failed',
      'amqp:frame-size-too-small',
    ],
  },
  {
    class: 'rejected',
    source: `${EXCEPTIONS_PAGE}, MessageSizeExceededException; ${AMQP_PART_2}`,
    advice: 'A higher tier of Event Hubs takes larger events.',
    perObject: true,
    names: ['amqp:link:message-size-exceeded'],
  },
]

/** What the SDK and the libraries below it say by themselves; each name is the error's `code` or `name`. */
export const EVENT_HUBS_CLIENT_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'transient',
    source: 'rhea-promise 3, OperationTimeoutError: no answer; whether the batch is stored is not known',
    advice: 'It is sent again; check the network if it persists.',
    names: ['OperationTimeoutError'],
  },
  {
    class: 'transient',
    source: `rhea-promise 3, SendOperationFailedError without a reason; ${AMQP_PART_3}, released and modified`,
    advice: 'It is sent again.',
    perObject: true,
    names: ['SendOperationFailedError'],
  },
  {
    class: 'throttled',
    source: 'rhea-promise 3, InsufficientCreditError',
    advice: 'It is tried again, more slowly.',
    names: ['InsufficientCreditError'],
  },
]

/** What Entra ID says about a token: its own numbers first, then the `error` of OAuth. Names that are not here are transient. */
export const ENTRA_ERRORS: readonly ErrorGroup[] = [
  {
    class: 'credentials',
    source: ENTRA_PAGE,
    advice: "Renew the account's clientSecret; it is read again by itself.",
    names: ['AADSTS7000215', 'AADSTS7000222'],
  },
  {
    class: 'credentials',
    source: ENTRA_PAGE,
    advice: "Mend the account's tenantId and clientId, and enable the application in its tenant.",
    names: ['AADSTS90002', 'AADSTS900023', 'AADSTS700016', 'AADSTS7000112', 'AADSTS50034', 'invalid_tenant'],
  },
  {
    class: 'credentials',
    source: ENTRA_PAGE,
    advice: 'Let Conditional Access admit the application from here.',
    names: ['AADSTS53003'],
  },
  {
    class: 'transient',
    source: ENTRA_PAGE,
    advice: 'It is asked again.',
    names: ['AADSTS90033', 'AADSTS90006', 'AADSTS50196', 'temporarily_unavailable'],
  },
  {
    class: 'credentials',
    source: OAUTH_PAGE,
    advice: "Check the account's tenantId, clientId and clientSecret.",
    names: ['invalid_client', 'unauthorized_client', 'invalid_grant', 'access_denied'],
  },
]

/** The condition behind each name of the SDK, which keeps nothing else of it (`@azure/core-amqp`, ConditionErrorNameMapper). */
export const CONDITIONS: Readonly<Record<string, string>> = {
  AddressAlreadyInUseError: 'com.microsoft:address-already-in-use',
  ArgumentError: 'com.microsoft:argument-error',
  ArgumentOutOfRangeError: 'com.microsoft:argument-out-of-range',
  ConnectionForcedError: 'amqp:connection:forced',
  ConnectionRedirectError: 'amqp:connection:redirect',
  DecodeError: 'amqp:decode-error',
  DetachForcedError: 'amqp:link:detach-forced',
  ErrantLinkError: 'amqp:session:errant-link',
  FrameSizeTooSmallError: 'amqp:frame-size-too-small',
  FramingError: 'amqp:connection:framing-error',
  HandleInUseError: 'amqp:session:handle-in-use',
  IllegalStateError: 'amqp:illegal-state',
  InternalServerError: 'amqp:internal-error',
  InvalidFieldError: 'amqp:invalid-field',
  InvalidOperationError: 'amqp:not-allowed',
  LinkRedirectError: 'amqp:link:redirect',
  MessageTooLargeError: 'amqp:link:message-size-exceeded',
  MessagingEntityDisabledError: 'com.microsoft:entity-disabled',
  // Of `amqp:not-found`, which of the two is a matter of its text.
  MessagingEntityNotFoundError: 'amqp:not-found',
  ServiceCommunicationError: 'amqp:not-found',
  NotImplementedError: 'amqp:not-implemented',
  OperationCancelledError: 'com.microsoft:operation-cancelled',
  PartitionNotOwnedError: 'com.microsoft:partition-not-owned',
  PreconditionFailedError: 'amqp:precondition-failed',
  PublisherRevokedError: 'com.microsoft:publisher-revoked',
  QuotaExceededError: 'amqp:resource-limit-exceeded',
  ReceiverDisconnectedError: 'amqp:link:stolen',
  ResourceDeletedError: 'amqp:resource-deleted',
  ResourceLockedError: 'amqp:resource-locked',
  SenderBusyError: 'client.sender:not-enough-link-credit',
  SenderNotReadyError: 'client.sender:link-not-ready',
  ServerBusyError: 'com.microsoft:server-busy',
  ServiceUnavailableError: 'com.microsoft:timeout',
  SessionWindowViolationError: 'amqp:session:window-violation',
  TransferLimitExceededError: 'amqp:link:transfer-limit-exceeded',
  UnattachedHandleError: 'amqp:session:unattached-handle',
  UnauthorizedError: 'amqp:unauthorized-access',
}
