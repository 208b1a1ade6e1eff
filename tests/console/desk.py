"""The console as tests see it: a real world on a fresh record, people, and signed-in browsers."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from fastapi import FastAPI
from PIL import Image, ImageDraw
from sqlmodel import Session, SQLModel, col, select

from bot import migrate, wiring
from bot.console import console
from bot.console.api.callers import SCOPES
from bot.db import Database
from bot.doorbell import Doorbell
from bot.office import casebook, organisation, people, staff
from bot.settings import Settings
from bot.vault.evidence import Files
from bot.vault.keys import Keys
from bot.world import World
from models.assignment import Assignment, AssignmentKind
from models.base import use_sealer
from models.case import Case, Program
from models.conversation import Talked
from models.document import DocumentRequest, DocumentType
from models.evidence import Evidence, EvidenceState, Provenance
from models.inbox import Heard, Inbox, InboxState
from models.organisation import Organisation
from models.person import Address, Person, Role, Via
from models.staff import Duty, Staff

T = TypeVar("T")
R = TypeVar("R", bound=SQLModel)

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
URL = "http://127.0.0.1:8000"
PASSWORD = "una frase bastante larga"
KEYS = Keys(b"1" * 32)


@dataclass
class Clock:
    """A time that passes when a test says so."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.at

    def pass_(self, span: timedelta) -> None:
        """Let time pass."""
        self.at += span


@dataclass
class Desk:
    """One deployment, its record, and shorthand for what tests need."""

    world: World
    clock: Clock
    app: FastAPI
    numbers: list[int] = field(default_factory=lambda: [0])

    def write(self, act: Callable[[Session], T]) -> T:
        """Change the record."""
        return self.world.db.write_now(act)

    def read(self, act: Callable[[Session], T]) -> T:
        """Look at the record."""
        return self.world.db.read_now(act)

    def all(self, kind: type[R], *where: Any) -> list[R]:
        """Give rows, the oldest first."""
        return self.read(
            lambda s: list(s.exec(select(kind).where(*where).order_by(col(kind.id))))  # type: ignore[attr-defined]  # every table has one
        )

    def only(self, kind: type[R], *where: Any) -> R:
        """Give the one row there is."""
        (row,) = self.all(kind, *where)
        return row

    def hire(self, username: str = "marisol", duty: Duty = Duty.COORDINATOR) -> Staff:
        """Make an account."""
        return self.write(
            lambda s: staff.add_staff(
                s, username, f"{username.title()} Ficticia", PASSWORD, duty, self.clock.at
            )
        )

    def session_of(self, username: str) -> str:
        """Sign somebody in without the page, and give the cookie."""

        def act(s: Session) -> str:
            member = s.exec(select(Staff).where(Staff.username == username)).one()
            return staff.sign_in(s, KEYS, member, self.clock.at)[0]

        return self.write(act)

    def token(self, *scopes: str, staff_id: int | None = None) -> str:
        """Make a token for a program; without scopes it may everything."""
        return self.write(
            lambda s: staff.make_token(
                s, KEYS, "test", scopes or SCOPES, self.clock.at, staff_id=staff_id
            )
        )

    def person(
        self, name: str = "Marta Ficticia", role: Role = Role.DEFENDER, *vias: Via, **more: Any
    ) -> Person:
        """Add somebody, on WhatsApp unless said otherwise."""

        def act(s: Session) -> Person:
            person = people.enrol(
                s,
                KEYS,
                name=name,
                role=role,
                now=self.clock.at,
                country=more.get("country", "GT"),
                language=more.get("language", "spa"),
                zone="America/Guatemala",
                actor="staff:1",
            )
            for via in vias or (Via.WHATSAPP,):
                self.numbers[0] += 1
                wire = f"+5025555{self.numbers[0]:04d}"
                if via is Via.TELEGRAM:
                    wire = str(700_000_000 + self.numbers[0])
                people.add_address(s, KEYS, person, via, wire, self.clock.at, "staff:1")
            return person

        return self.write(act)

    def address(self, person: Person) -> Address:
        """Give where somebody is written to."""
        found = self.read(lambda s: people.best_address(s, person))
        assert found is not None
        return found

    def case(self, reference: str = "GT-0417", **more: Any) -> Case:
        """Open a case."""
        return self.write(
            lambda s: casebook.open_case(
                s,
                reference=reference,
                program=more.get("program", Program.FAMILY_SEPARATION),
                country=reference[:2],
                summary=more.get("summary", "Buscar a una madre y pedir el acta de nacimiento."),
                sought=more.get("sought", "Tomasa Novela"),
                guarded=more.get("guarded", "Aldea Las Nubes"),
                lawyer_id=more.get("lawyer_id"),
                parent_id=more.get("parent_id"),
                now=self.clock.at,
                actor="staff:1",
            )
        )

    def offered(self, case: Case, *who: Person, **more: Any) -> Assignment:
        """Offer work on a case."""
        return self.write(
            lambda s: casebook.offer(
                s,
                case=case,
                kind=more.get("kind", AssignmentKind.FIELD_SEARCH),
                municipality="Todos Santos Cuchumatán",
                language_needed="mam",
                due="2026-12-05",
                budget="Q 400",
                details="Preguntar en la alcaldía auxiliar.",
                documents=more.get("documents", [DocumentType.BIRTH_CERTIFICATE]),
                person_ids=[person.id or 0 for person in who],
                now=self.clock.at,
                actor="staff:1",
            )
        )

    def record(self, person: Person, name: str, fact: object) -> None:
        """Let somebody's conversation find something to be so."""

        def act(s: Session) -> None:
            talked = s.exec(
                select(Talked)
                .where(Talked.person_id == person.id, Talked.name == name)
                .order_by(col(Talked.id).desc())
            ).first()
            assert talked is not None
            casebook.record(s, talked, fact, self.clock.at)

        self.write(act)

    def asked(self, case: Case, person: Person) -> DocumentRequest:
        """Ask a Defender for a birth certificate."""
        return self.write(
            lambda s: casebook.request_document(
                s,
                case=case,
                person_id=person.id or 0,
                type=DocumentType.BIRTH_CERTIFICATE,
                now=self.clock.at,
                actor="staff:1",
            )
        )

    def heard(
        self, person: Person, text: str, case: Case | None = None, *, photos: int = 0, **more: Any
    ) -> Heard:
        """Let somebody have written to us, with photos that are stored."""
        address = self.address(person)

        def act(s: Session) -> Heard:
            self.numbers[0] += 1
            envelope = Inbox(
                channel=address.via.value,
                account="test",
                event_id=f"event-{self.numbers[0]}",
                kind="message",
                lane="lane",
                raw=b"{}",
                state=InboxState.DONE,
                received_at=self.clock.at,
            )
            s.add(envelope)
            s.flush()
            row = Heard(
                inbox_id=envelope.id or 0,
                person_id=person.id or 0,
                address_id=address.id or 0,
                case_id=case.id if case else None,
                via=address.via.value,
                provider_id=f"m{self.numbers[0]}",
                text=text,
                note=more.get("note", "photo" if photos else ""),
                files=photos,
                received_at=self.clock.at,
            )
            s.add(row)
            kept = s.get_one(Address, address.id)
            kept.last_heard_at = self.clock.at
            s.add(kept)
            for position in range(photos):
                s.add(self._photo(envelope, position, row, more.get("request_id")))
            s.flush()
            return row

        return self.write(act)

    def _photo(self, envelope: Inbox, position: int, row: Heard, request: int | None) -> Evidence:
        original = picture(position)
        kept = self.world.files.store(original)
        preview = self.world.files.store(original, "previews", secret=kept.secret)
        return Evidence(
            inbox_id=envelope.id,
            position=position,
            person_id=row.person_id,
            address_id=row.address_id,
            case_id=row.case_id,
            request_id=request,
            via=row.via,
            kind="photo",
            provenance=Provenance.RECOMPRESSED,
            provider_message_id=row.provider_id,
            mime_declared="image/jpeg",
            mime_found="image/jpeg",
            state=EvidenceState.STORED,
            secret=kept.secret,
            sha256=kept.sha256,
            size=kept.size,
            path=kept.path,
            preview_path=preview.path,
            received_at=self.clock.at,
            stored_at=self.clock.at,
        )

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[str]:
        """Serve on a real socket, for streams and for real browsers."""
        url = f"http://127.0.0.1:{port}"
        self.world.settings.public_url = url
        server = uvicorn.Server(
            uvicorn.Config(
                self.app,
                port=port,
                log_config=None,
                log_level="warning",
                lifespan="off",
                timeout_graceful_shutdown=5,  # whatever a browser still keeps open
            )
        )
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        try:
            yield url
        finally:
            self.world.ending = True
            server.should_exit = True
            await running

    @asynccontextmanager
    async def browser(self, username: str = "") -> AsyncIterator["Browser"]:
        """Give a browser, signed in as somebody where a name is given."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        async with httpx.AsyncClient(
            transport=transport, base_url=URL, headers={"origin": URL}
        ) as client:
            browser = Browser(client)
            if username:
                client.cookies.set("enlace", self.session_of(username))
                await browser.get("/console/account")
            yield browser

    @asynccontextmanager
    async def program(self, token: str = "") -> AsyncIterator[httpx.AsyncClient]:
        """Give a program with a token."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url=f"{URL}/api/v1", headers=headers
        ) as client:
            yield client


@dataclass
class Browser:
    """What somebody does in a browser, without the browser."""

    client: httpx.AsyncClient
    page: str = ""

    async def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in."""
        await self.get("/console/sign-in")
        return await self.post("/console/sign-in", username=username, password=password)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        response = await self.client.get(path, headers=headers)
        self._keep(response)
        return response

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form of the page that is open."""
        data = {"csrf": self.csrf, **fields}
        response = await self.client.post(path, data=data)
        self._keep(response)
        return response

    async def follow(self, response: httpx.Response) -> httpx.Response:
        """Go where an answer sends us."""
        assert response.status_code == 303, response.text
        return await self.get(response.headers["location"])

    @property
    def csrf(self) -> str:
        """The code that the forms of the open page carry."""
        return self.field("csrf")

    def field(self, name: str) -> str:
        """The value of a hidden field of the open page."""
        found = self.page.partition(f'name="{name}" value="')[2]
        return found.partition('"')[0]

    def _keep(self, response: httpx.Response) -> None:
        if response.headers.get("content-type", "").startswith("text/html"):
            self.page = response.text


def make(
    root: Path, database_url: str, *, public_url: str = URL, clock: Clock | None = None
) -> Desk:
    """Make a deployment with an empty record."""
    clock = clock or Clock()
    use_sealer(KEYS)
    migrate.upgrade(database_url)
    settings = Settings(
        _env_file=None,
        database_url=database_url,
        public_url=public_url,
        data_dir=root,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token="a-token",
        twilio_sms_from="+15005550006",
        quiet_hours="none",
        twilio_whatsapp_from="+14155238886",
        telegram_bot_token="1234567890:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr",
        telegram_webhook_secret="a-secret-of-the-test-0123456789",
    )
    channels, doors = wiring.lines(settings)
    files = Files(root, KEYS)
    files.prepare()
    world = World(
        settings=settings,
        db=Database(settings.url),
        keys=KEYS,
        bell=Doorbell(),
        channels=channels,
        doors=doors,
        files=files,
        now=clock,
        bot_name="enlace_demo_bot",
    )
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    console(app, world)
    desk = Desk(world, clock, app)
    if desk.all(Organisation):
        return desk
    desk.write(
        lambda s: organisation.describe(
            s,
            name="Red de Defensoras",
            phone="+502 2222 0000",
            website="https://red.example.org",
            hours="",
            owner="Coordinación",
            review_by=clock.at + timedelta(days=365),
            now=clock.at,
            actor="bot",
        )
    )
    return desk


def picture(number: int) -> bytes:
    """Draw a page of a paper that looks like one."""
    page = Image.new("RGB", (900, 1200), (244, 240, 228))
    draw = ImageDraw.Draw(page)
    draw.rectangle((60, 60, 840, 1140), outline=(120, 105, 80), width=4)
    draw.text((330, 120), f"ACTA DE PRUEBA, {number + 1}", fill=(60, 50, 40))
    for line in range(26):
        draw.line(
            (120, 220 + line * 32, 780 - (line * 53) % 220, 220 + line * 32), (90, 90, 100), 3
        )
    kept = io.BytesIO()
    page.save(kept, "JPEG", quality=80)
    return kept.getvalue()
