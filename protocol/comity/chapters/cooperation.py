"""The kinds of chapter III, law-enforcement cooperation (spec page cooperation).

Layout, from the ground: `assistance` (the base form), `evidence`, `assets`, `people`, `proceedings` (what each kind
adds), this table.
"""

from collections.abc import Mapping
from typing import Final

from comity.chapters.assets import Freeze, TraceAssets
from comity.chapters.evidence import Preserve, Produce, Search, Subscriber
from comity.chapters.form import Form, Role, Service
from comity.chapters.people import ExtraditionSupport, IdentifyVictims, Interview, Locate
from comity.chapters.proceedings import Expertise, JointOperation, ServeDocument, TransferProceedings
from comity.encoding import Record


def request(
    record: type[Record],
    service: Service = Service.EVIDENCE,
    *,
    measure: bool = False,
    coercive: bool = False,
    joint: bool = False,
) -> Form:
    return Form(record, Role.REQUEST, service, measure, coercive, joint)


FORMS: Final[Mapping[str, Form]] = {
    "cooperation.expertise": request(Expertise, Service.INFORMATION),
    "cooperation.extradition-support": request(ExtraditionSupport),
    "cooperation.freeze": request(Freeze, measure=True, coercive=True),
    "cooperation.identify-victims": request(IdentifyVictims, Service.INFORMATION),
    "cooperation.interview": request(Interview),
    "cooperation.joint-operation": request(JointOperation, joint=True),
    "cooperation.locate": request(Locate, Service.INFORMATION),
    "cooperation.preserve": request(Preserve, measure=True),
    "cooperation.produce": request(Produce),
    "cooperation.search": request(Search, coercive=True),
    "cooperation.serve-document": request(ServeDocument),
    "cooperation.subscriber": request(Subscriber),
    "cooperation.trace-assets": request(TraceAssets, Service.INFORMATION),
    "cooperation.transfer-proceedings": request(TransferProceedings),
}
