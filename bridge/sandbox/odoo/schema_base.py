"""Models of the platform itself, for :mod:`bridge.sandbox.odoo.schema`."""

_FIELD_TYPES = (
    "binary boolean char date datetime float html integer json many2many many2one many2one_reference one2many "
    "selection text"
)

OPTIONS = {
    "field_types": {name: name for name in _FIELD_TYPES.split()},
    "triggers": {
        "on_stage_set": "Stage is set to",
        "on_tag_set": "Tag is added",
        "on_priority_set": "Priority is set to",
        "on_create_or_write": "On create and edit",
        "on_create": "On creation",
        "on_unlink": "On deletion",
        "on_time": "Based on date field",
        "on_time_created": "After creation",
        "on_time_updated": "After last update",
    },
    "server_actions": {
        "object_write": "Update Record",
        "webhook": "Send Webhook Notification",
        "mail_post": "Send Email",
        "next_activity": "Create Activity",
        "code": "Execute Code",
    },
    "usages": {
        "ir_actions_server": "Server Action",
        "ir_cron": "Scheduled Action",
        "base_automation": "Automation Rule",
    },
    "view_types": {
        name: name.capitalize() for name in ["list", "form", "graph", "pivot", "calendar", "kanban", "search", "qweb"]
    },
}

MODELS = (
    """
    res.company  Companies  sequence, name
    name        char                  Company Name  required
    partner_id  many2one:res.partner  Partner
    sequence    integer               Sequence      default=10
    active      boolean               Active        default=true
    email       char                  Email
    catchall_email  char              Catchall Email  default=catchall@odoo.example
    helpdesk_mgmt_ticket_auto_assign  boolean  Auto assign tickets to the creator
    """,
    """
    res.partner  Contact  complete_name, id
    name                   char                       Name
    complete_name          char                       Complete Name       readonly computed stored
    email                  char                       Email
    email_normalized       char                       Normalized Email    readonly computed stored
    phone                  char                       Phone
    lang                   char                       Language            default=en_US
    tz                     char                       Timezone
    is_company             boolean                    Is a Company
    parent_id              many2one:res.partner       Related Company
    child_ids              one2many:res.partner/parent_id  Contact
    user_ids               one2many:res.users/partner_id   Users
    commercial_partner_id  many2one:res.partner       Commercial Entity   readonly computed stored
    partner_share          boolean                    Share Partner       readonly computed stored
    company_id             many2one:res.company       Company
    active                 boolean                    Active              default=true
    ref                    char                       Reference
    category_id            many2many:res.partner.category  Tags
    comment                html                       Notes
    website                char                       Website Link
    vat                    char                       Tax ID
    function               char                       Job Position
    """,
    """
    res.partner.category  Partner Tags  name, id
    name       char                           Name     required
    parent_id  many2one:res.partner.category  Category
    active     boolean                        Active   default=true
    color      integer                        Color
    """,
    """
    res.users  User  name, login
    partner_id         many2one:res.partner   Related Partner     required
    login              char                   Login               required
    name               char                   Name                related=partner_id.name
    email              char                   Email               related=partner_id.email
    lang               char                   Language            related=partner_id.lang
    tz                 char                   Timezone            related=partner_id.tz
    active             boolean                Active              default=true
    share              boolean                Share User          readonly computed stored
    company_id         many2one:res.company   Company             required
    company_ids        many2many:res.company  Companies
    group_ids          many2many:res.groups   Groups              not18
    all_group_ids      many2many:res.groups   Groups and implied  readonly computed not18
    groups_id          many2many:res.groups   Groups              not19
    notification_type  selection:email=Handle by Emails,inbox=Handle in Odoo  Notification  required default=email
    """,
    """
    res.groups  Access Groups  name, id
    name              char                             Name        required
    full_name         char                             Group Name  readonly computed
    comment           text                             Comment
    user_ids          many2many:res.users/group_ids    Users       not18
    users             many2many:res.users/groups_id    Users       not19
    implied_ids       many2many:res.groups             Implied Groups
    api_key_duration  float                            API Keys maximum duration days
    share             boolean                          Share Group
    model_access      one2many:ir.model.access/group_id  Access Controls
    """,
    """
    res.users.apikeys  API keys  id
    name             char                Description      required readonly
    user_id          many2one:res.users  User             required readonly
    scope            char                Scope            readonly
    expiration_date  datetime            Expiration Date  readonly
    """,
    """
    ir.model  Models  model
    name       char                                   Model Description  required
    model      char                                   Model              required
    state      selection:manual=Custom Object,base=Base Object  Type     readonly default=base
    field_id   one2many:ir.model.fields/model_id      Fields
    access_ids  one2many:ir.model.access/model_id     Access
    """,
    """
    ir.model.fields  Fields  name, id
    name               char               Field Name    required
    model              char               Model Name    readonly
    model_id           many2one:ir.model  Model         required
    field_description  char               Field Label   required
    ttype              selection:@field_types  Field Type  required
    selection          char               Selection Options (Deprecated)  computed
    selection_ids      one2many:ir.model.fields.selection/field_id  Selection Options
    relation           char               Related Model
    state              selection:manual=Custom Field,base=Base Field  Type  required readonly default=manual
    help               text               Field Help
    required           boolean            Required
    readonly           boolean            Readonly
    store              boolean            Stored        default=true
    copied             boolean            Copied        default=true
    index              boolean            Indexed
    tracking           integer            Enable Ordered Tracking
    groups             many2many:res.groups  Groups
    """,
    """
    ir.model.fields.selection  Fields Selection  sequence, id
    field_id  many2one:ir.model.fields  Field     required ondelete=cascade
    value     char                      Value     required
    name      char                      Name      required
    sequence  integer                   Sequence  default=1000
    """,
    """
    ir.model.data  Model Data  module, model, name
    module         char                External Identifier's module  required
    name           char                External Identifier  required
    complete_name  char                Complete ID          readonly computed
    model          char                Model Name           required
    res_id         many2one_reference  Record ID
    noupdate       boolean             Non Updatable
    """,
    """
    ir.model.access  Model Access  model_id, group_id, name, id
    name         char                 Name           required
    model_id     many2one:ir.model    Model          required
    group_id     many2one:res.groups  Group          ondelete=restrict
    perm_read    boolean              Read Access
    perm_write   boolean              Write Access
    perm_create  boolean              Create Access
    perm_unlink  boolean              Delete Access
    active       boolean              Active         default=true
    """,
    """
    ir.rule  Record Rule  model_id desc, id
    name          char                  Name
    model_id      many2one:ir.model     Model    required
    groups        many2many:res.groups  Groups
    domain_force  text                  Domain
    perm_read     boolean               Read     default=true
    perm_write    boolean               Write    default=true
    perm_create   boolean               Create   default=true
    perm_unlink   boolean               Delete   default=true
    active        boolean               Active   default=true
    """,
    """
    ir.filters  Filters  model_id, name, id desc
    name      char     Filter Name  required
    model_id  char     Model        required
    domain    text     Domain       required default=[]
    context   text     Context      required default={}
    sort      char     Sort         required default=[]
    active    boolean  Active       default=true
    """,
    """
    ir.config_parameter  System Parameter  key
    key    char  Key    required
    value  text  Value  required
    """,
    """
    ir.ui.view  View  priority, name, id
    name                  char                 View Name         required
    model                 char                 Model
    type                  selection:@view_types  View Type
    mode                  selection:primary=Base view,extension=Extension View  View inheritance mode  required
    arch                  text                 View Architecture  related=arch_db
    arch_base             text                 Base View Architecture  related=arch_db
    arch_db               text                 Arch Blob
    inherit_id            many2one:ir.ui.view  Inherited View    ondelete=restrict
    inherit_children_ids  one2many:ir.ui.view/inherit_id  Views which inherit from this one
    priority              integer              Sequence          required default=16
    key                   char                 Key
    xml_id                char                 External ID       computed
    active                boolean              Active            default=true
    """,
    """
    base.automation  Automation Rule  id
    name               char                       Automation Rule Name  required
    model_id           many2one:ir.model          Model                 required
    model_name         char                       Model Name            related=model_id.model
    trigger            selection:@triggers  Trigger  required
    trigger_field_ids  many2many:ir.model.fields  Trigger Fields
    filter_domain      char                       Apply on
    filter_pre_domain  char                       Before Update Domain
    trg_date_id        many2one:ir.model.fields   Trigger Date
    trg_date_range     integer                    Delay
    trg_date_range_mode  selection:after=After,before=Before  Delay mode
    trg_date_range_type  selection:minutes=Minutes,hour=Hours,day=Days,month=Months  Delay unit
    action_server_ids  one2many:ir.actions.server/base_automation_id  Actions
    description        html                       Description
    active             boolean                    Active                default=true
    """,
    """
    ir.actions.server  Server Actions  sequence, name, id
    name                char                       Name        required
    model_id            many2one:ir.model          Model       required
    model_name          char                       Model Name  related=model_id.model
    state               selection:@server_actions  Type  required
    update_path         char                       Field to Update Path
    value               text                       Value
    template_id         many2one:mail.template     Email Template
    mail_post_method    selection:email=Email,comment=Message,note=Note  Send Email As
    usage               selection:@usages  Usage  required default=ir_actions_server
    base_automation_id  many2one:base.automation   Automation Rule  ondelete=cascade
    webhook_url         char                       Webhook URL
    webhook_field_ids   many2many:ir.model.fields  Webhook Fields
    sequence            integer                    Sequence    default=5
    """,
)
