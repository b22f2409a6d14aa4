"""Models of the community helpdesk, for :mod:`bridge.sandbox.odoo.schema`."""

MODELS = (
    """
    helpdesk.ticket  Helpdesk Ticket  priority desc, sequence, number desc, id desc
    number                  char                               Ticket number           readonly default=/
    name                    char                               Title                   required
    description             html                               Description             required
    priority                selection:0=Low,1=Medium,2=High,3=Very High  Priority      default=1
    stage_id                many2one:helpdesk.ticket.stage     Stage                   tracked ondelete=restrict
    tag_ids                 many2many:helpdesk.ticket.tag      Tags
    user_id                 many2one:res.users                 Assigned user           tracked
    user_ids                many2many:res.users                Users                   readonly computed
    team_id                 many2one:helpdesk.ticket.team      Team
    category_id             many2one:helpdesk.ticket.category  Category
    channel_id              many2one:helpdesk.ticket.channel   Channel
    partner_id              many2one:res.partner               Contact
    partner_email           char                               Email
    partner_name            char                               Partner Name
    commercial_partner_id   many2one:res.partner               Commercial Partner      readonly computed stored
    company_id              many2one:res.company               Company                 required
    closed                  boolean                            Closed                  readonly computed
    unattended              boolean                            Unattended              readonly computed stored
    kanban_state            selection:normal=Default,done=Ready for next stage,blocked=Blocked  Kanban State
    active                  boolean                            Active                  default=true
    sequence                integer                            Sequence                default=10
    color                   integer                            Color Index
    assigned_date           datetime                           Assigned Date
    closed_date             datetime                           Closed Date
    last_stage_update       datetime                           Last Stage Update
    duration_tracking       json                               Status time             readonly computed
    duplicate_id            many2one:helpdesk.ticket           Duplicate of            tracked
    duplicate_ids           one2many:helpdesk.ticket/duplicate_id  Duplicate tickets
    activity_ids            one2many:mail.activity/res_id      Activities
    message_ids             one2many:mail.message/res_id       Messages
    message_follower_ids    one2many:mail.followers/res_id     Followers
    message_partner_ids     many2many:res.partner              Followers (Partners)    computed
    has_message             boolean                            Has Message             readonly computed
    """,
    """
    helpdesk.ticket.stage  Helpdesk Ticket Stage  sequence, id
    name               char                            Stage Name          required
    sequence           integer                         Sequence            default=1
    description        html                            Description
    active             boolean                         Active              default=true
    unattended         boolean                         Unattended
    closed             boolean                         Closed
    close_from_portal  boolean                         Close From Portal
    fold               boolean                         Folded in Kanban
    team_ids           many2many:helpdesk.ticket.team  Helpdesk Teams
    company_id         many2one:res.company            Company
    mail_template_id   many2one:mail.template          Email Template
    """,
    """
    helpdesk.ticket.tag  Helpdesk Ticket Tag  sequence, id
    name        char                  Name
    color       integer               Color Index
    active      boolean               Active    default=true
    sequence    integer               Sequence  default=10
    company_id  many2one:res.company  Company
    """,
    """
    helpdesk.ticket.team  Helpdesk Ticket Team  sequence, id
    name            char                                Name           required
    complete_name   char                                Complete Name  readonly computed
    user_ids        many2many:res.users                 Members
    user_id         many2one:res.users                  Team Leader
    parent_id       many2one:helpdesk.ticket.team       Parent Team
    active          boolean                             Active         default=true
    sequence        integer                             Sequence       default=10
    category_ids    many2many:helpdesk.ticket.category  Category
    company_id      many2one:res.company                Company
    color           integer                             Color Index
    show_in_portal  boolean                             Show in portal form
    use_sla         boolean                             Use SLA
    resource_calendar_id  many2one:resource.calendar    Working Hours
    ticket_ids      one2many:helpdesk.ticket/team_id    Tickets
    """,
    """
    helpdesk.ticket.category  Helpdesk Ticket Category  sequence, id
    name            char                               Name            required
    complete_name   char                               Complete Name   readonly computed
    parent_id       many2one:helpdesk.ticket.category  Parent Category
    child_id        one2many:helpdesk.ticket.category/parent_id  Child Categories
    active          boolean                            Active          default=true
    sequence        integer                            Sequence        default=10
    show_in_portal  boolean                            Show In Portal  default=true
    company_id      many2one:res.company               Company
    """,
    """
    helpdesk.ticket.channel  Helpdesk Ticket Channel  sequence, id
    name        char                  Name      required
    active      boolean               Active    default=true
    sequence    integer               Sequence  default=10
    company_id  many2one:res.company  Company
    """,
)
