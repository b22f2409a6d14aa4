"""Models of conversations, for :mod:`bridge.sandbox.odoo.schema`."""

OPTIONS = {
    "message_types": {
        "email": "Incoming Email",
        "comment": "Comment",
        "email_outgoing": "Outgoing Email",
        "notification": "System notification",
        "auto_comment": "Automated Targeted Notification",
        "user_notification": "User Specific Notification",
        "out_of_office": "Out-of-office message",
    },
    "activity_categories": {"default": "None", "upload_file": "Upload Document", "phonecall": "Phonecall"},
    "delivery_states": {
        "ready": "Ready to Send",
        "process": "Processing",
        "pending": "Sent",
        "sent": "Delivered",
        "bounce": "Bounced",
        "exception": "Exception",
        "canceled": "Cancelled",
    },
    "delivery_failures": {
        "unknown": "Unknown error",
        "mail_bounce": "Bounce",
        "mail_spam": "Detected As Spam",
        "mail_email_invalid": "Invalid email address",
        "mail_email_missing": "Missing email address",
        "mail_from_invalid": "Invalid from address",
        "mail_from_missing": "Missing from address",
        "mail_smtp": "Connection failed (outgoing mail server problem)",
        "mail_bl": "Blacklisted Address",
        "mail_optout": "Opted Out",
        "mail_dup": "Duplicated Email",
    },
}
"""Options of selections; failures are those of the mail and mass mailing apps."""

MODELS = (
    """
    mail.message  Message  id desc
    subject               char                           Subject
    date                  datetime                       Date
    body                  html                           Contents
    model                 char                           Related Document Model
    res_id                many2one_reference             Related Document ID
    record_name           char                           Message Record Name      computed
    message_type          selection:@message_types  Type  required default=comment
    subtype_id            many2one:mail.message.subtype  Subtype
    mail_activity_type_id  many2one:mail.activity.type   Mail Activity Type
    is_internal           boolean                        Employee Only
    author_id             many2one:res.partner           Author
    email_from            char                           From
    reply_to              char                           Reply-To
    message_id            char                           Message-Id               readonly
    parent_id             many2one:mail.message          Parent Message
    partner_ids           many2many:res.partner          Recipients
    notified_partner_ids  many2many:res.partner          Partners with Need Action
    notification_ids      one2many:mail.notification/mail_message_id  Notifications
    outgoing_email_to     char                           Outgoing Email To         not18
    incoming_email_to     text                           Incoming To               not18
    incoming_email_cc     char                           Incoming Cc               not18
    tracking_value_ids    one2many:mail.tracking.value/mail_message_id  Tracking values  group=base.group_system
    """,
    """
    mail.tracking.value  Mail Tracking Value  id desc
    field_id            many2one:ir.model.fields  Field                readonly
    field_info          json                      Removed field information
    old_value_integer   integer                   Old Value Integer    readonly
    old_value_float     float                     Old Value Float      readonly
    old_value_char      char                      Old Value Char       readonly
    old_value_text      text                      Old Value Text       readonly
    old_value_datetime  datetime                  Old Value DateTime   readonly
    new_value_integer   integer                   New Value Integer    readonly
    new_value_float     float                     New Value Float      readonly
    new_value_char      char                      New Value Char       readonly
    new_value_text      text                      New Value Text       readonly
    new_value_datetime  datetime                  New Value Datetime   readonly
    mail_message_id     many2one:mail.message     Message ID           required ondelete=cascade
    """,
    """
    mail.message.subtype  Message subtypes  sequence, id
    name         char     Message Type   required
    description  text     Description
    internal     boolean  Internal Only
    default      boolean  Default        default=true
    hidden       boolean  Hidden
    res_model    char     Model
    sequence     integer  Sequence       default=1
    """,
    """
    mail.activity.type  Activity Type  sequence, id
    name       char     Name      required
    category   selection:@activity_categories  Action  default=default
    res_model  char     Model
    sequence   integer  Sequence  default=10
    active     boolean  Active    default=true
    """,
    """
    mail.activity  Activity  date_deadline, id
    res_model_id       many2one:ir.model            Document Model
    res_model          char                         Related Document Model
    res_id             many2one_reference           Related Document ID
    res_name           char                         Document Name  computed
    activity_type_id   many2one:mail.activity.type  Activity Type
    activity_category  selection:@activity_categories  Action  related=activity_type_id.category
    summary            char                         Summary
    note               html                         Note
    date_deadline      date                         Due Date       required
    date_done          date                         Done Date
    feedback           text                         Feedback       not18
    automated          boolean                      Automated activity
    user_id            many2one:res.users           Assigned to
    state              selection:overdue=Overdue,today=Today,planned=Planned,done=Done  State  computed
    active             boolean                      Active         default=true
    """,
    """
    mail.notification  Message Notifications  id
    mail_message_id      many2one:mail.message   Message              required ondelete=cascade
    res_partner_id       many2one:res.partner    Recipient
    mail_email_address   char                    Recipient email
    notification_type    selection:inbox=Inbox,email=Email  Notification Type    required default=email
    notification_status  selection:@delivery_states  Status  default=ready
    failure_type         selection:@delivery_failures  Failure type
    is_read              boolean                 Is Read
    """,
    """
    mail.followers  Document Followers  id
    res_model    char                            Related Document Model Name  required
    res_id       many2one_reference              Related Document ID
    partner_id   many2one:res.partner            Related Partner              required
    subtype_ids  many2many:mail.message.subtype  Subtype
    """,
    """
    mail.template  Email Templates  name, id
    name       char  Name
    subject    char  Subject
    body_html  html  Body
    """,
    """
    mail.thread  Email Thread  id
    """,
)
