"""The JSON that travels between the functions and the `worker` RPCs, as types.

TypedDicts, not models: SQL made these objects and SQL checks what comes back, so reading them costs nothing here.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Queue = Literal["high_priority", "default", "low_priority"]
TaskKind = Literal["agent_turn", "delivery", "media", "report"]
JSON = dict[str, Any]


class StoredCredentials(TypedDict):
    """Encrypted credentials as `renum.crypto.seal` made them."""

    ciphertext: str
    key_id: str


class AccountRow(TypedDict):
    """A channel account as `worker.channel_account` gives it. `external_id` is the provider's id (Cloud API:
    phone_number_id)."""

    id: str
    client_id: str
    channel: str
    provider: str
    external_id: str
    status: str
    config: JSON
    credentials: StoredCredentials | None


class Sender(TypedDict):
    """Every identity of whoever wrote that the item names; any of them may be absent.

    `wa_id` is WhatsApp's digits, `lid` its other number (never a telephone's), `phone` an SMS sender's E.164, `email`
    an address in lower case."""

    wa_id: str | None
    bsuid: str | None
    parent_bsuid: str | None
    name: str | None
    username: str | None
    lid: NotRequired[str | None]
    phone: NotRequired[str | None]
    email: NotRequired[str | None]


class Identity(TypedDict):
    """What a person is known by from now on."""

    wa_id: str | None
    bsuid: str | None


class Media(TypedDict):
    """A file that came with a message, at the provider under `id` for `keeps_s` seconds from when it was sent.

    `sha256` as the provider writes it, hex or base64.
    """

    type: str
    id: str
    url: str | None
    mime_type: str | None
    file_name: str | None
    sha256: str | None
    keeps_s: int


class MessageBody(TypedDict):
    """`text` is what the lead said ('' when nothing is readable); `payload` is the type's body as received; `amends`
    the provider's id of the message that this one edits or takes back."""

    type: str
    text: str
    payload: JSON
    reply_to: str | None
    amends: NotRequired[str]
    media: NotRequired[Media]


class ErrorBody(TypedDict):
    """An error with its decision; `scope` is message, recipient, number or account."""

    code: str
    message: str
    retryable: bool
    scope: str


class StatusBody(TypedDict):
    """What happened to a message of ours. `reference` is the delivery id that travelled with it."""

    message_id: str
    status: str
    reference: str | None
    error: ErrorBody | None
    pricing: JSON | None


class AccountNews(TypedDict):
    """What a provider says of the account itself: whether it can send, and in its words why not."""

    state: Literal["connected", "disconnected", "paused"]
    reason: str | None


TemplateStatus = Literal["pending", "approved", "paused", "rejected", "disabled"]


class TemplateNews(TypedDict):
    """The provider's verdict on a template, or its new category alone. `status` is a value of
    `public.template_status`."""

    name: str
    language: str
    status: NotRequired[TemplateStatus]
    category: NotRequired[str | None]
    reason: NotRequired[str | None]


class Template(TypedDict):
    """A template as its provider lists it; `body` has its variables as {{1}}, `components` is the provider's own."""

    provider_id: str | None
    name: str
    language: str
    category: str
    body: str
    status: TemplateStatus
    reason: str | None
    components: list[JSON]


class SavedTemplates(TypedDict):
    """What became of a list of templates: `left_out` cannot be stored, `gone` were here and are not on the list."""

    saved: int
    left_out: int
    gone: int


class AccountFacts(TypedDict, total=False):
    """What a provider says of an account beside whether it works. `daily_limit`: people who may be written to first
    in 24 hours, None for any number."""

    daily_limit: int | None
    display_phone: str
    portfolio_id: str


class Echo(TypedDict):
    """A message that somebody wrote on the account's own telephone; the event's `sender` is whom it went to."""

    message_id: str
    type: str
    text: str


class Event(TypedDict):
    """One item of a webhook. `provider_id` is its idempotency key; `number` the account's number that the item names
    (None: the account's own)."""

    kind: Literal["message", "status", "opt_out", "opt_in", "account", "template", "other"]
    provider_id: str
    number: str | None
    raw: JSON
    occurred_at: NotRequired[str | None]
    sender: NotRequired[Sender]
    becomes: NotRequired[Identity]
    message: NotRequired[MessageBody]
    status: NotRequired[StatusBody]
    account: NotRequired[AccountNews]
    template: NotRequired[TemplateNews]
    echo: NotRequired[Echo]
    field: NotRequired[str]


class IngestResult(TypedDict):
    """How many of the events became what."""

    messages: int
    statuses: int
    other: int
    duplicates: int
    unrouted: int


class Question(TypedDict):
    """One question of the questionnaire with its state in this interview."""

    key: str
    text: str
    type: Literal["text", "number", "scale", "yes_no", "choice"]
    options: list[str] | None
    validation: JSON
    required: bool
    status: Literal["open", "answered", "refused", "skipped", "invalid"]
    probes_left: int


class HistoryItem(TypedDict):
    """An earlier message of the dialogue."""

    role: Literal["user", "assistant", "system"]
    content: str
    seq: int


class InputItem(TypedDict):
    """A message that no turn has handled yet."""

    id: str
    seq: int
    type: str
    content: str


class LeadInfo(TypedDict):
    """Who is being interviewed."""

    name: str | None
    opted_out: bool


class ProjectInfo(TypedDict):
    """What the interview is about."""

    name: str
    goal: str | None


class AgentInfo(TypedDict):
    """The client's agent configuration, pinned for this turn. `degraded`: a budget is used up, `model` is offline."""

    agent_type: str
    config: JSON
    prompts: JSON
    version: int | None
    model: str | None
    fallback_model: NotRequired[str | None]
    degraded: NotRequired[bool]


class Seen(TypedDict):
    """The last message of a turn's input, as its provider knows it."""

    channel_account_id: str
    message_id: str


class Turn(TypedDict):
    """The work of an `agent_turn` task: everything the turn needs, and nothing of anyone else."""

    kind: str
    lead: LeadInfo
    company_name: str
    project: ProjectInfo
    agent: AgentInfo
    questions: list[Question]
    current_question: str | None
    history: list[HistoryItem]
    input: list[InputItem]
    reruns: int
    seen: NotRequired[Seen | None]


class SubAgentInfo(TypedDict):
    """A specialist that the dialogue may be handed to; `tools` are names."""

    id: str
    name: str
    type: str
    description: str
    config: JSON
    tools: list[str]


class ToolInfo(TypedDict):
    """A tool as the model is told of it; `parameters` is its JSON Schema."""

    name: str
    description: str
    parameters: JSON


class Limits(TypedDict):
    """What one turn may take: calls of the model, calls of tools."""

    steps: int
    tool_calls: int


class DialogueItem(TypedDict):
    """An earlier message of a conversation; `by` is "person" where one of the company wrote it."""

    role: Literal["user", "assistant", "system"]
    content: str
    seq: int
    by: NotRequired[str]


class Dialogue(TypedDict):
    """The work of an `agent_turn` task in a conversation (kind "conversation").

    `sub_agent`: id of the specialist that has the dialogue, None for the agent itself. `own_tools`: names of the tools
    that the agent itself may call; `tools` describes those of the specialists, too. `memory`: {"shared" | specialist:
    {word: text}}. `to_summarise`: messages too old for `history` that `summary` does not hold yet.
    """

    kind: str
    lead: LeadInfo
    company_name: str
    project: ProjectInfo | None
    agent: AgentInfo
    sub_agent: str | None
    sub_agents: list[SubAgentInfo]
    tools: list[ToolInfo]
    own_tools: list[str]
    limits: Limits
    memory: dict[str, dict[str, str]]
    resuming: bool
    qualification: JSON | None
    customer: JSON | None
    summary: str | None
    to_summarise: list[DialogueItem]
    history: list[DialogueItem]
    input: list[InputItem]
    reruns: int
    seen: NotRequired[Seen | None]


class ToolOutcome(TypedDict):
    """What `call_tool` says: done with a result, refused with a sentence for the model, or stale: the lease is lost."""

    verdict: Literal["done", "refused", "stale"]
    result: NotRequired[Any]
    error: NotRequired[str]


class Recipient(TypedDict):
    """Every address the delivery may go to."""

    phone: str | None
    wa_id: str | None
    bsuid: str | None
    email: str | None
    lid: NotRequired[str | None]


class Delivery(TypedDict):
    """The work of a `delivery` task.

    `content` by `type`, every one with the `text` that a person reads:

    - `text`: {"text"}
    - `template`: {"name", "language", "parameters": [text] or {name: text}, "text"}, and with what the template has
      beside its body: "header": {"type": text | image | video | document, "text" or "link"}, "buttons": [{"index",
      "type": quick_reply | url, "value"}]
    - `buttons`: {"text", "buttons": [{"id", "title"}]} (1 to 3)
    - `list`: {"text", "button", "rows": [{"id", "title", "description"?}]} (1 to 10)
    - `media`: {"media": image | audio | video | document, "link", "mime_type"?, "file_name"?, "size"? (bytes), "text":
      caption}
    - e-mail takes `text` and `template` with "subject" beside them, and "unsubscribe_url" where there is one.
    """

    id: str
    kind: str
    channel: str
    channel_account_id: str
    to: Recipient
    content: JSON


class MediaWork(TypedDict):
    """The work of a `media` task: a file at the provider, and where in Storage it belongs."""

    id: str
    channel_account_id: str
    provider_media_id: str
    provider_url: str | None
    mime_type: str | None
    sha256: str | None
    bucket: str
    path: str
    max_bytes: int


class Fetched(TypedDict):
    """A file as it was received: bytes, digest in hex, type as the provider says it."""

    size: int
    sha256: str
    mime_type: str


class ReportWork(TypedDict):
    """The work of a `report` task; the statistics are computed in SQL."""

    report_id: str
    kind: Literal["interview", "project"]
    company_name: str
    project: JSON
    statistics: JSON
    model: str | None
    fallback_model: NotRequired[str | None]
    degraded: NotRequired[bool]


class Task(TypedDict):
    """A claimed task. `claim` proves the claim (for a turn it is the lease); `work` is null while a turn is inside
    its debounce."""

    task: TaskKind
    queue: Queue
    msg_id: int
    id: str
    client_id: str
    attempt: int
    claim: str
    wait_ms: int
    work: Any


class Claim(TypedDict):
    """What `claim_tasks` gave, and in how many ms the next task of these queues is due (null: nothing waits)."""

    tasks: list[Task]
    next_due_ms: int | None


class Answer(TypedDict):
    """A proposed answer with the words it was taken from."""

    key: str
    value: Any
    quote: str
    seq: int


class Probe(TypedDict):
    """A follow-up to a short free-text answer."""

    key: str
    text: str


class Proposal(TypedDict):
    """What the model proposes; SQL decides."""

    answers: list[Answer]
    refused: list[str]
    acknowledgement: str
    wordings: dict[str, str]
    probe: Probe | None
    declined: bool
    opt_out: bool


class ConversationProposal(TypedDict):
    """What a conversation's turn proposes; SQL decides. `sub_agent`: who has the dialogue from now on. `reply` "": no
    word. `hand_over`: why a person is needed. `actions`: names of the tools that were called."""

    reply: str
    sub_agent: str | None
    memory: dict[str, dict[str, str]]
    summary: str | None
    summary_seq: int | None
    hand_over: str | None
    opt_out: bool
    actions: list[str]


class Use(TypedDict):
    """What one call to a model used."""

    model: str
    input_tokens: int
    output_tokens: int


class Step(TypedDict):
    """How long one node of the graph took."""

    node: str
    ms: float


class TurnResult(TypedDict):
    """What a turn hands to `commit_turns`. `reruns` is the work's: a result from before a rerun is known by it. `usage`
    has every call to a model, `model` the one whose answer counted."""

    thread_id: str
    lease: str
    reruns: int
    proposal: Proposal | ConversationProposal
    model: str
    graph: str
    steps: list[Step]
    input_tokens: int
    output_tokens: int
    usage: NotRequired[list[Use]]


class Verdict(TypedDict):
    """What `commit_turns` decided for one turn, with the task that follows from it. `failed`: SQL will have it
    retried."""

    thread_id: str
    lease: str
    verdict: Literal["committed", "superseded", "partial", "stale", "failed"]
    task: NotRequired[Task | None]
    delivery: NotRequired[Task | None]
    error: NotRequired[dict[str, str]]


class DeliveryResult(TypedDict):
    """What became of one send."""

    id: str
    claim: str
    outcome: Literal["sent", "unknown", "failed", "throttled"]
    provider_message_id: str | None
    error: ErrorBody | None
    retry_after_ms: int | None


class Completion(TypedDict):
    """The delivery's new status, and the thread's next delivery if one was released."""

    id: str
    status: str
    task: NotRequired[Task | None]


class Failure(TypedDict):
    """What `fail_task` made of a failed task."""

    outcome: Literal["retry", "dead", "stale"]
    retry_in_ms: int | None
