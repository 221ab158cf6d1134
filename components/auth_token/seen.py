"""What can be seen of a replication group: the words that the machine, the AWS calls and the probes share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from components.auth_token.rules import Token


class Strategy(StrEnum):
    """ModifyReplicationGroup's AuthTokenUpdateStrategy. DELETE is not ours: it only leads to user groups."""

    ROTATE = "ROTATE"
    SET = "SET"


class Verify(StrEnum):
    """How much must be proven by connections (configuration key `verify`)."""

    REQUIRED = "required"
    WHEN_REACHABLE = "whenReachable"
    OFF = "off"


class Reply(StrEnum):
    """What became of a request to change the token."""

    ACCEPTED = "accepted"
    UNCHANGED = "no modifications were requested"  # AWS's words; the token was there already
    BUSY = "busy"  # not applied: the group is being changed, or the calls come too fast
    UNSURE = "unsure"  # the answer was lost: it may have been applied
    REFUSED = "refused"


class Answer(StrEnum):
    """What a fresh connection was told."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS_FAILURE = "TLS failure"


class Credential(StrEnum):
    """What a fresh connection presents itself with."""

    NO_TOKEN = "no token"
    WRONG = "a wrong token"
    OLDER = "the token before the previous one"
    PREVIOUS = "the previous token"
    PENDING = "the token of an interrupted rotation"
    SPARE = "a throw-away token"
    CURRENT = "the current token"


class Publishing(StrEnum):
    """What can be done with the published versions of the token."""

    STAGE = "stage"  # write it as AWSPENDING, so that no crash can lose a token that Redis knows
    PROMOTE = "publish"  # move AWSCURRENT to it, and take AWSPENDING off
    RETIRE = "retire"  # label what AWSPREVIOUS is on as RETIRED
    REJECT = "reject"  # label it as REJECTED, never to be tried again


@dataclass(frozen=True, kw_only=True)
class Published:
    """Which token each label of the secret is on."""

    current: Token | None = None
    """AWSCURRENT: what clients read."""
    version: str = field(default="", compare=False)
    """The id of AWSCURRENT's version, which is random."""
    complete: bool = True
    """Whether AWSCURRENT also names the group's present endpoints, and AWSPENDING is off it."""
    pending: Token | None = None
    """AWSPENDING, where it is on another version than AWSCURRENT."""
    previous: Token | None = None
    """AWSPREVIOUS."""
    retired: Token | None = None
    rejected: Token | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    """One cache node, by its own address."""

    id: str
    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """A replication group as DescribeReplicationGroups and DescribeCacheClusters tell it."""

    id: str
    status: str
    tls: bool
    has_token: bool = True
    """Whether the group demands, or begins to demand, a token (AuthTokenEnabled)."""
    token_status: str | None = None
    """ROTATING or SETTING while a change of token is under way, on the group or on any member."""
    changed_at: datetime | None = None
    """AuthTokenLastModifiedDate: when a change of token last landed."""
    pending: tuple[str, ...] = ()
    """Other modifications that wait for the maintenance window; a change of token would apply them at once."""
    nodes: tuple[Node, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing is under way. Straight after a call AWS may still say so (reference: seen by users)."""
        return self.status == "available" and self.token_status is None


@dataclass(frozen=True)
class Proof:
    """What fresh connections were told, per node and credential. Empty where nothing was asked."""

    answers: Mapping[str, Mapping[Credential, Answer]]

    def nodes_where(self, credential: Credential, answer: Answer) -> frozenset[str]:
        """The nodes that gave `answer` to `credential`."""
        return frozenset(node for node, told in self.answers.items() if told.get(credential) is answer)

    def reached(self) -> frozenset[str]:
        """The nodes of which every connection was answered, well or ill."""
        return frozenset(node for node, told in self.answers.items() if Answer.UNREACHABLE not in told.values())

    def tried(self) -> frozenset[Credential]:
        """The credentials that any node was asked with."""
        return frozenset(credential for told in self.answers.values() for credential in told)

    def only(self, nodes: Iterable[str]) -> Proof:
        """The part of the proof that is about `nodes`."""
        return Proof({node: self.answers[node] for node in nodes if node in self.answers})

    def accepted_somewhere(self, credential: Credential) -> bool:
        """Whether any node accepted `credential`."""
        return bool(self.nodes_where(credential, Answer.ACCEPTED))

    def holds(self, credential: Credential) -> bool:
        """Whether every node knows this very token, and does not take anything (as Redis without a password does)."""
        return self.accepted_everywhere(credential) and not self.accepted_somewhere(Credential.WRONG)

    def accepted_everywhere(self, credential: Credential) -> bool:
        """Whether there are answers, and every node accepted `credential`."""
        return bool(self.answers) and self.nodes_where(credential, Answer.ACCEPTED) == frozenset(self.answers)

    def enforces(self, credential: Credential) -> bool:
        """Whether every node accepts `credential` and refuses all else that was tried."""
        return bool(self.answers) and all(
            answer is (Answer.ACCEPTED if tried is credential else Answer.REFUSED)
            for told in self.answers.values()
            for tried, answer in told.items()
        )

    def tally(self, credential: Credential) -> str:
        """In words, for people: `refused on 2 of 2`; every answer with its count where they differ."""
        told = [answers[credential] for answers in self.answers.values() if credential in answers]
        kinds = sorted(set(told), key=lambda answer: -told.count(answer))
        return ", ".join(f"{kind} on {told.count(kind)} of {len(told)}" for kind in kinds) or "not asked"

    def contradictions(self, credential: Credential) -> str:
        """Which node answered what, where that is not what enforcing `credential` asks for."""
        return "; ".join(
            f"{node}: {tried} {answer}"
            for node, told in sorted(self.answers.items())
            for tried, answer in told.items()
            if answer is not (Answer.ACCEPTED if tried is credential else Answer.REFUSED)
        )
