"""Models of the SLA addon and of working hours, for :mod:`bridge.sandbox.odoo.schema`."""

OPTIONS = {
    "weekdays": {
        str(number): day
        for number, day in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"))
    },
    "day_periods": {"morning": "Morning", "lunch": "Break", "afternoon": "Afternoon", "full_day": "Full Day"},
}

MODELS = (
    """
    helpdesk.sla  Helpdesk SLA  id
    name              char                                Name           required
    company_id        many2one:res.company                Company
    team_ids          many2many:helpdesk.ticket.team      Teams
    category_ids      many2many:helpdesk.ticket.category  Categories
    tag_ids           many2many:helpdesk.ticket.tag       Tags
    ignore_stage_ids  many2many:helpdesk.ticket.stage     Ignore Stages
    stage_id          many2one:helpdesk.ticket.stage      Stage
    days              integer                             Days           required
    hours             integer                             Hours          required
    note              html                                Note
    domain            char                                Filter         default=[]
    active            boolean                             Active         default=true
    """,
    """
    resource.calendar  Resource Working Time  id
    name                char                                                  Name        required
    active              boolean                                               Active      default=true
    company_id          many2one:res.company                                  Company
    tz                  char                                                  Timezone    required default=UTC
    hours_per_day       float                                                 Average Hour per Day
    two_weeks_calendar  boolean                                               Calendar in 2 weeks mode
    flexible_hours      boolean                                               Flexible Hours
    attendance_ids      one2many:resource.calendar.attendance/calendar_id     Working Time
    leave_ids           one2many:resource.calendar.leaves/calendar_id         Time Off
    """,
    """
    resource.calendar.attendance  Work Detail  sequence, dayofweek, hour_from
    name          char                        Name        required
    calendar_id   many2one:resource.calendar  Resource's Calendar  required ondelete=cascade
    dayofweek     selection:@weekdays         Day of Week  required default=0
    hour_from     float                       Work from   required
    hour_to       float                       Work to     required
    day_period    selection:@day_periods      Day Period  default=morning
    display_type  selection:line_section=Section  Display Type
    sequence      integer                     Sequence    default=10
    """,
    """
    resource.resource  Resources  name
    name  char  Name  required
    """,
    """
    resource.calendar.leaves  Resource Time Off Detail  date_from
    name         char                        Reason
    calendar_id  many2one:resource.calendar  Working Hours
    date_from    datetime                    Start Date  required
    date_to      datetime                    End Date    required
    resource_id  many2one:resource.resource  Resource
    time_type    selection:leave=Time Off,other=Other  Time Type  default=leave
    """,
)
