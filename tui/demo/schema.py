"""The ten requests, field by field, as the interface definition of the TicketService has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["int64", "string", "bool", "bytes", "enum", "message"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `of` names its enum or message, `oneof` the group of which only one may be set."""

    kind: Kind
    of: str = ""
    many: bool = False
    oneof: str = ""


INT64: Final = Field("int64")
STRING: Final = Field("string")
BOOL: Final = Field("bool")
STRINGS: Final = Field("string", many=True)
COUNTRIES: Final = (
    "AF AL AQ DZ AS AD AO AG AZ AR AU AT BS BH BD AM BB BE BM BT BO BA BW BV BR BZ IO SB VG BN BG MM BI BY KH CM CA CV "
    "KY "
    "CF LK TD CL CN TW CX CC CO KM YT CG CD CK CR HR CU CY CZ BJ DK DM DO EC SV GQ ET ER EE FO FK GS FJ FI AX FR GF PF "
    "TF "
    "DJ GA GE GM PS DE GH GI KI GR GL GD GP GU GT GN GY HT HM VA HN HK HU IS IN ID IR IQ IE IL IT CI JM JP KZ JO KE KP "
    "KR "
    "KW KG LA LB LS LV LR LY LI LT LU MO MG MW MY MV ML MT MQ MR MU MX MC MN MD ME MS MA MZ OM NA NR NP NL CW AW SX BQ "
    "NC "
    "VU NZ NI NE NG NU NF NO MP UM FM MH PW PK PA PG PY PE PH PN PL PT GW TL PR QA RE RO RU RW BL SH KN AI LC MF PM VC "
    "SM "
    "ST SA SN RS SC SL SG SK VN SI SO ZA ZW ES SS SD EH SR SJ SZ SE CH SY TJ TH TG TK TO TT AE TN TR TM TC TV UG UA MK "
    "EG "
    "GB GG JE IM TZ US VI BF UY UZ VE WF WS YE ZM"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(("UNSPECIFIED", *text.split()))


ENUMS: Final[Mapping[str, frozenset[str]]] = {
    "SortBy": frozenset(("CREATED_AT", "NEXT_SLA_BREACH_AT", "UPDATED_AT")),
    "SortOrder": frozenset(("ASC", "DESC")),
    "TicketStatus": _words("OPEN PENDING SOLVED CLOSED"),
    "SubmittableTicketStatus": _words("PENDING SOLVED"),
    "TicketUrgencyStatus": _words("PANIC URGENT"),
    "TicketMessageScope": _words("PUBLIC INTERNAL"),
    "CountryCode": _words(COUNTRIES),
    "TicketHelpRequestTopic": _words(
        "REFURBED_RESPONSIBILITY CUSTOMER_COMMUNICATION TECHNICAL_ISSUES ACCOUNT_TAKEOVER SHIPPING_AGREEMENT LEGAL "
        "INFORMATION_FOR_REFURBED POTENTIAL_FRAUD_CASE OTHER"
    ),
    "ExemptionReason": _words("ISSUE_SOLVED_ITSELF WRONG_CONFIGURATION_BY_CUSTOMER OTHER"),
}


def _choice(of: str) -> Mapping[str, Field]:
    values = Field("enum", of, many=True)
    return {"any_of": values, "none_of": values}


def _part(of: str, oneof: str = "") -> Field:
    return Field("message", of, oneof=oneof)


MESSAGES: Final[Mapping[str, Mapping[str, Field]]] = {
    "Int64AnyOfFilter": {"any_of": Field("int64", many=True)},
    "StringEqualsFilter": {"eq": STRING},
    "StringFilter": {"any_of": STRINGS, "none_of": STRINGS},
    "StringSetContainsFilter": {"any_of": STRINGS, "none_of": STRINGS, "contains": STRING},
    "BoolFilter": {"value": BOOL},
    "TicketStatusFilter": _choice("TicketStatus"),
    "TicketUrgencyStatusFilter": _choice("TicketUrgencyStatus"),
    "CountryCodeFilter": _choice("CountryCode"),
    "Int64Pagination": {
        "limit": INT64,
        "starting_after": Field("int64", oneof="cursor"),
        "ending_before": Field("int64", oneof="cursor"),
    },
    "ListTicketsRequest.Sort": {"by": Field("enum", "SortBy"), "order": Field("enum", "SortOrder")},
    "ListTicketsRequest.Filter": {
        "ticket_id": _part("Int64AnyOfFilter"),
        "marketplace_order_id": _part("Int64AnyOfFilter"),
        "marketplace_order_item_id": _part("Int64AnyOfFilter"),
        "buyback_order_id": _part("Int64AnyOfFilter"),
        "buyback_order_item_id": _part("Int64AnyOfFilter"),
        "assignee_user_email": _part("StringEqualsFilter"),
        "customer_email": _part("StringEqualsFilter"),
        "status": _part("TicketStatusFilter"),
        "urgency_status": _part("TicketUrgencyStatusFilter"),
        "country": _part("CountryCodeFilter"),
        "topic": _part("StringFilter"),
        "customer_name": _part("StringSetContainsFilter"),
        "customer_panicked": _part("BoolFilter"),
        "is_buyback": _part("BoolFilter"),
        "seller_action_needed": _part("BoolFilter"),
        "has_help_requests": _part("BoolFilter"),
    },
    "TicketMessageSubmission.Attachment": {"filename": STRING, "data": Field("bytes")},
    "TicketMessageSubmission": {
        "body_html": STRING,
        "attachments": Field("message", "TicketMessageSubmission.Attachment", many=True),
    },
    "ScopedMessageSubmission": {
        "message": _part("TicketMessageSubmission"),
        "scope": Field("enum", "TicketMessageScope"),
    },
    "TicketOrderItemIdentifier": {
        "marketplace_order_item_id": Field("int64", oneof="identifier"),
        "buyback_order_item_id": Field("int64", oneof="identifier"),
    },
    "ListTicketsRequest": {
        "pagination": _part("Int64Pagination"),
        "sort": _part("ListTicketsRequest.Sort"),
        "filter": _part("ListTicketsRequest.Filter"),
    },
    "GetTicketRequest": {"ticket_id": INT64},
    "UpdateTicketRequest": {
        "ticket_id": INT64,
        "new_message": _part("ScopedMessageSubmission"),
        "assignee_user_email": Field("string", oneof="assignment"),
        "unassign": Field("bool", oneof="assignment"),
        "status": Field("enum", "SubmittableTicketStatus"),
        "notes": STRING,
    },
    "CreateTicketRequest": {
        "order_item_identifier": _part("TicketOrderItemIdentifier"),
        "topic": STRING,
        "message": _part("TicketMessageSubmission"),
        "notes": STRING,
        "follow_up_to_ticket_id": INT64,
    },
    "RequestTopicChangeRequest": {
        "ticket_id": INT64,
        "message": _part("TicketMessageSubmission"),
        "attachment_exemption_reason": Field("enum", "ExemptionReason"),
    },
    "ListTicketHelpRequestsRequest": {"ticket_id": INT64},
    "GetTicketHelpRequestRequest": {"ticket_id": INT64, "help_request_id": INT64},
    "CreateTicketHelpRequestRequest": {
        "ticket_id": INT64,
        "topic": Field("enum", "TicketHelpRequestTopic"),
        "message": _part("TicketMessageSubmission"),
    },
    "UpdateTicketHelpRequestRequest": {
        "ticket_id": INT64,
        "help_request_id": INT64,
        "new_message": _part("TicketMessageSubmission"),
    },
    "GenerateReturnShippingLabelRequest": {"ticket_id": INT64},
}

OPERATIONS: Final = tuple(name.removesuffix("Request") for name in MESSAGES if name.endswith("Request"))
WRITES: Final = frozenset(
    (
        "UpdateTicket",
        "CreateTicket",
        "RequestTopicChange",
        "CreateTicketHelpRequest",
        "UpdateTicketHelpRequest",
        "GenerateReturnShippingLabel",
    )
)
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "GetTicketRequest": ("ticket_id",),
    "UpdateTicketRequest": ("ticket_id",),
    "CreateTicketRequest": ("topic", "message"),
    "RequestTopicChangeRequest": ("ticket_id", "message"),
    "ListTicketHelpRequestsRequest": ("ticket_id",),
    "GetTicketHelpRequestRequest": ("ticket_id", "help_request_id"),
    "CreateTicketHelpRequestRequest": ("ticket_id", "topic", "message"),
    "UpdateTicketHelpRequestRequest": ("ticket_id", "help_request_id", "new_message"),
    "GenerateReturnShippingLabelRequest": ("ticket_id",),
    "ScopedMessageSubmission": ("message", "scope"),
    "TicketMessageSubmission": ("body_html",),
    "TicketMessageSubmission.Attachment": ("filename", "data"),
}
"""Fields that must hold more than their default: more than the definition says, as a service that stores them asks."""
