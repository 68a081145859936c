"""What an indicator is about: one record for each kind, told apart by the field `kind` (spec page intelligence).

Each record checks the normal form of what it holds when it is made. A kind is a class here and a term of the group
`indicator-kind`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final

from comity.chapters import chains, checks
from comity.chapters.parts import (
    TERM,
    Account,
    Amount,
    Bic,
    Country,
    Entity,
    Line,
    Mail,
    Passage,
    Person,
    Phone,
    Rail,
    Short,
)
from comity.encoding import Bytes32, Meta, Micros, Record, Uint

AccountScheme = Annotated[str, Meta(pattern=TERM, extra={"group": "account-scheme"})]
AppSystem = Annotated[str, Meta(pattern=TERM, extra={"group": "app-system"})]
Chain = Annotated[str, Meta(pattern=TERM, extra={"group": "chain"})]
DeviceIdentifier = Annotated[str, Meta(pattern=TERM, extra={"group": "device-identifier"})]
HashAlgorithm = Annotated[str, Meta(pattern=TERM, extra={"group": "hash-algorithm"})]
LineType = Annotated[str, Meta(pattern=TERM, extra={"group": "line-type"})]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Platform = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9.-]{0,47}\Z")]
Quantity = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})?\Z")]
Url = Annotated[str, Meta(min_length=1, max_length=2_048)]
Plate = Annotated[str, Meta(pattern=r"\A[^\s-]{1,16}\Z")]
Vin = Annotated[str, Meta(pattern=r"\A[A-HJ-NPR-Z0-9]{17}\Z")]

_ACCOUNT_CHECKS: Final[Mapping[str, Callable[[str], None]]] = MappingProxyType({"clabe": checks.clabe})
_BANK_CODE_CHECKS: Final[Mapping[str, Callable[[str], None]]] = MappingProxyType({"aba": checks.routing_number})


class AccountSubject(Record, frozen=True, tag_field="kind", tag="account"):
    """An account that has no IBAN: its number, and the scheme and country that say how to read it."""

    account_scheme: AccountScheme
    bank: Line | None
    bank_code: Short | None
    country: Country | None
    holder: Line | None
    number: Short

    def __post_init__(self) -> None:
        check, bank_check = _ACCOUNT_CHECKS.get(self.account_scheme), _BANK_CODE_CHECKS.get(self.account_scheme)
        if any(character.isspace() for character in self.number + (self.bank_code or "")):
            raise ValueError("the number of an account has no spaces (INTEL-024)")
        if check is not None:
            check(self.number)
        if bank_check is not None:
            bank_check(self.bank_code or "")


class AddressSubject(Record, frozen=True, tag_field="kind", tag="address"):
    """A place, as it is written on an envelope."""

    address: Passage
    country: Country


class AppSubject(Record, frozen=True, tag_field="kind", tag="app"):
    """A program for telephones or computers, by the name of its package in the store."""

    name: Line | None
    package: Line
    system: AppSystem


class BicSubject(Record, frozen=True, tag_field="kind", tag="bic"):
    """A bank, by its BIC."""

    bank: Line | None
    bic: Bic

    def __post_init__(self) -> None:
        checks.bic(self.bic)


class CardSubject(Record, frozen=True, tag_field="kind", tag="card"):
    """A payment card, never by its full number (INTEL-027).

    Attributes:
        first6, last4: the digits that receipts show.
        length: digits of the full number.
        token: HMAC-SHA-256 of the full number with a key that both parties hold and `token_key` names.
    """

    first6: Annotated[str, Meta(pattern=r"\A[0-9]{6}\Z")]
    issuer: Line | None
    last4: Annotated[str, Meta(pattern=r"\A[0-9]{4}\Z")]
    length: Annotated[int, Meta(ge=12, le=19)] | None
    token: Bytes32 | None
    token_key: Short | None

    def __post_init__(self) -> None:
        if (self.token is None) != (self.token_key is None):
            raise ValueError("a token of a card and the name of its key stand together (INTEL-027)")


class CryptoTransactionSubject(Record, frozen=True, tag_field="kind", tag="crypto-transaction"):
    """A transaction on a chain."""

    asset: Short | None
    chain: Chain
    executed: Micros | None
    quantity: Quantity | None
    txid: Line

    def __post_init__(self) -> None:
        chains.transaction(self.chain, self.txid)


class DeviceSubject(Record, frozen=True, tag_field="kind", tag="device"):
    """A device, by what tells it apart: a serial number, a hardware address, an advertising id, a fingerprint."""

    identifier: Line
    identifier_type: DeviceIdentifier
    model: Line | None
    vendor: Line | None

    def __post_init__(self) -> None:
        if self.identifier_type == "mac":
            checks.mac(self.identifier)


class DomainSubject(Record, frozen=True, tag_field="kind", tag="domain"):
    """A domain name."""

    domain: Annotated[str, Meta(min_length=1, max_length=253)]

    def __post_init__(self) -> None:
        checks.domain(self.domain)


class EmailSubject(Record, frozen=True, tag_field="kind", tag="email"):
    """An e-mail address, and the name that it is shown with."""

    display_name: Line | None
    email: Mail

    def __post_init__(self) -> None:
        checks.email(self.email)


class EntitySubject(Record, frozen=True, tag_field="kind", tag="entity"):
    """A legal person."""

    entity: Entity

    def __post_init__(self) -> None:
        if self.entity.lei is not None:
            checks.lei(self.entity.lei)


class FileHashSubject(Record, frozen=True, tag_field="kind", tag="file-hash"):
    """A file, by its digest."""

    algorithm: HashAlgorithm
    digest: Annotated[str, Meta(min_length=8, max_length=256)]
    file_name: Line | None
    size: Uint | None

    def __post_init__(self) -> None:
        checks.digest(self.algorithm, self.digest)


class IbanSubject(Record, frozen=True, tag_field="kind", tag="iban"):
    """An account, by its IBAN."""

    bank: Line | None
    bic: Bic | None
    holder: Line | None
    iban: Annotated[str, Meta(min_length=15, max_length=34)]

    def __post_init__(self) -> None:
        checks.iban(self.iban)
        if self.bic is not None:
            checks.bic(self.bic)


class IccidSubject(Record, frozen=True, tag_field="kind", tag="iccid"):
    """A SIM card."""

    iccid: Short

    def __post_init__(self) -> None:
        checks.iccid(self.iccid)


class ImeiSubject(Record, frozen=True, tag_field="kind", tag="imei"):
    """A mobile device, by its IMEI."""

    imei: Short

    def __post_init__(self) -> None:
        checks.imei(self.imei)


class ImsiSubject(Record, frozen=True, tag_field="kind", tag="imsi"):
    """A mobile subscription."""

    imsi: Short

    def __post_init__(self) -> None:
        checks.imsi(self.imsi)


class IpSubject(Record, frozen=True, tag_field="kind", tag="ip"):
    """An IP address; behind a shared address only time and source port tell who used it."""

    ip: Short
    port: Port | None
    time: Micros | None

    def __post_init__(self) -> None:
        checks.ip(self.ip)


class LeiSubject(Record, frozen=True, tag_field="kind", tag="lei"):
    """A legal person, by its LEI."""

    lei: Short
    name: Line | None

    def __post_init__(self) -> None:
        checks.lei(self.lei)


class MeidSubject(Record, frozen=True, tag_field="kind", tag="meid"):
    """A mobile device, by its MEID."""

    meid: Short

    def __post_init__(self) -> None:
        checks.meid(self.meid)


class PaymentSubject(Record, frozen=True, tag_field="kind", tag="payment"):
    """A payment: what names it, how much, when, from which account and to which."""

    amount: Amount | None
    beneficiary: Account | None
    executed: Micros | None
    originator: Account | None
    payment_reference: Short
    rail: Rail | None

    def __post_init__(self) -> None:
        checks.payment_reference(self.payment_reference)


class PersonSubject(Record, frozen=True, tag_field="kind", tag="person"):
    """A natural person."""

    person: Person


class PhoneSubject(Record, frozen=True, tag_field="kind", tag="phone"):
    """A phone number. `spoofed`: it was shown to the victim but the call did not come from it."""

    line_type: LineType | None
    phone: Phone
    region: Country | None
    spoofed: bool


class SenderIdSubject(Record, frozen=True, tag_field="kind", tag="sender-id"):
    """The name that a text message shows in place of a number."""

    country: Country | None
    sender_id: Annotated[str, Meta(pattern=r"\A[ -~]{1,11}\Z")]

    def __post_init__(self) -> None:
        if self.sender_id != self.sender_id.strip():
            raise ValueError("a sender id has no space at either end (INTEL-028)")


class SocialAccountSubject(Record, frozen=True, tag_field="kind", tag="social-account"):
    """An account on a platform: the id that stays, the handle that its owner may change, the name shown."""

    display_name: Line | None
    handle: Line | None
    platform: Platform
    user_id: Line | None

    def __post_init__(self) -> None:
        if self.handle is None and self.user_id is None:
            raise ValueError("an account on a platform has a handle or a user_id (INTEL-028)")
        if self.handle is not None and (self.handle.startswith("@") or any(c.isspace() for c in self.handle)):
            raise ValueError("a handle is written without @ and without spaces (INTEL-028)")


class UrlSubject(Record, frozen=True, tag_field="kind", tag="url"):
    """A place on the web."""

    url: Url

    def __post_init__(self) -> None:
        checks.url(self.url)


class VehicleSubject(Record, frozen=True, tag_field="kind", tag="vehicle"):
    """A vehicle, by its plate or its identification number (ISO 3779)."""

    country: Country | None
    make: Line | None
    plate: Plate | None
    vin: Vin | None

    def __post_init__(self) -> None:
        if self.plate is None and self.vin is None:
            raise ValueError("a vehicle has a plate or a vin (INTEL-028)")
        if self.plate is not None and self.plate != self.plate.upper():
            raise ValueError("a plate is written in capitals, without spaces and hyphens (INTEL-028)")


class WalletSubject(Record, frozen=True, tag_field="kind", tag="wallet"):
    """An address on a chain, and the service that holds it where known."""

    chain: Chain
    service: Line | None
    wallet: Line

    def __post_init__(self) -> None:
        chains.address(self.chain, self.wallet)


Subject = (
    AccountSubject
    | AddressSubject
    | AppSubject
    | BicSubject
    | CardSubject
    | CryptoTransactionSubject
    | DeviceSubject
    | DomainSubject
    | EmailSubject
    | EntitySubject
    | FileHashSubject
    | IbanSubject
    | IccidSubject
    | ImeiSubject
    | ImsiSubject
    | IpSubject
    | LeiSubject
    | MeidSubject
    | PaymentSubject
    | PersonSubject
    | PhoneSubject
    | SenderIdSubject
    | SocialAccountSubject
    | UrlSubject
    | VehicleSubject
    | WalletSubject
)
