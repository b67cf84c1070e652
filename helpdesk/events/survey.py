"""What happens to a satisfaction survey."""

from audit.types import ALL, EventType, registry

SATISFACTION_SURVEY_CREATED = registry.declare(
    EventType(
        name="satisfaction-survey-created",
        label="Satisfaction survey created",
        object="SatisfactionSurvey",
        meaning="A ticket was closed, and a mail that asks its customer how it was lies ready. It is sent a while"
        " later, unless the ticket is open again by then.",
        actors=frozenset({"user", "system"}),
        by_hand="",
        by_api='POST /api/satisfaction-surveys {"ticket_id": {ticket_id}, "customer_id": {customer_id}}',
        by_machine="The close of a ticket, where satisfaction surveys are switched on under Settings → Account.",
        claims={"SatisfactionSurvey": ALL},
        look_alikes={
            "satisfaction-survey-sent": "Created is not yet sent: the customer has seen nothing.",
            "ticket-satisfaction-survey-skipped": "The opposite: no survey will be sent for this close.",
        },
        in_drop_down=False,
        choice="Our choice: this type is ours, because a survey is an object of its own.",
        always="Nobody asks for it: every close writes either this or that the survey was skipped.",
    )
)

SATISFACTION_SURVEY_SENT = registry.declare(
    EventType(
        name="satisfaction-survey-sent",
        label="Satisfaction survey sent",
        object="SatisfactionSurvey",
        meaning="The customer was sent the mail that asks how it was, with a link to the page on which they answer.",
        actors=frozenset({"user", "schedule"}),
        by_hand="",
        by_api='PUT /api/satisfaction-surveys/{id} {"sent_datetime": "{now}"}',
        by_machine="The survey timer, when the survey is due; to see it soon, advance the desk clock.",
        claims={
            "SatisfactionSurvey": frozenset(
                {"customer_id", "sent_datetime", "should_send_datetime", "answer_digest", "meta"}
            ),
        },
        look_alikes={
            "satisfaction-survey-created": "Prepared, not yet sent.",
            "satisfaction-survey-responded": "The customer answered.",
        },
        in_drop_down=False,
        choice="Our choice: this type is ours, so that a survey's way to the customer can be followed.",
    )
)

SATISFACTION_SURVEY_RESPONDED = registry.declare(
    EventType(
        name="satisfaction-survey-responded",
        label="Satisfaction survey responded",
        object="SatisfactionSurvey",
        meaning="The customer answered the survey with a score, perhaps with a comment. Told again when a program"
        " reports another answer; what it was before stands beside what it is now.",
        actors=frozenset({"user", "customer"}),
        by_hand="As the customer, follow the link in the survey's mail, choose one to five stars and press Send"
        " answer.",
        by_api='PUT /api/satisfaction-surveys/{id} {"score": 5}',
        claims={
            "SatisfactionSurvey": frozenset({"score", "body_text", "scored_datetime", "meta"}),
        },
        look_alikes={
            "ticket-message-created": "The customer wrote in the ticket; an answer to a survey is no message.",
            "satisfaction-survey-sent": "The question went out; this is the answer.",
        },
        in_drop_down=False,
    )
)
