"""Proofs of addresses, PINs, messages that wait for a proof, and invites that are taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "proof",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(40), nullable=True),
        sa.Column("proved_at", moment, nullable=True),
        sa.Column("doubted_at", moment, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("waits_until", moment, nullable=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("code_until", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_proof_person_id_person"),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name="fk_proof_address_id_address"),
        sa.PrimaryKeyConstraint("id", name="pk_proof"),
        sa.UniqueConstraint("person_id", "address_id", name="uq_proof_person_id_address_id"),
    )
    op.create_index("ix_proof_address_id", "proof", ["address_id"])
    op.create_table(
        "pin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_pin_person_id_person"),
        sa.PrimaryKeyConstraint("id", name="pk_pin"),
        sa.UniqueConstraint("person_id", name="uq_pin_person_id"),
    )
    op.create_table(
        "unproved",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.Integer(), nullable=False),
        sa.Column("heard_id", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_unproved_person_id_person"),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name="fk_unproved_address_id_address"
        ),
        sa.ForeignKeyConstraint(["heard_id"], ["heard.id"], name="fk_unproved_heard_id_heard"),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name="fk_unproved_inbox_id_inbox"),
        sa.PrimaryKeyConstraint("id", name="pk_unproved"),
    )
    op.create_index("ix_unproved_address_id", "unproved", ["address_id"])
    op.create_table(
        "staff_invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("username", sa.String(80), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("duty", sa.String(40), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("revoked_at", moment, nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_staff_invite"),
        sa.UniqueConstraint("token_hash", name="uq_staff_invite_token_hash"),
    )
    op.create_index("ix_staff_invite_username", "staff_invite", ["username"])
    with op.batch_alter_table("invite") as table:
        table.add_column(sa.Column("revoked_at", moment, nullable=True))
    # Whoever was enrolled and has answered from there goes on as before.
    op.execute(
        "INSERT INTO proof (person_id, address_id, how, proved_at, tries, code_hash, created_at)"
        " SELECT link.person_id, link.address_id, 'staff',"
        " coalesce(link.confirmed_at, link.created_at), 0, '', link.created_at"
        " FROM link JOIN address ON address.id = link.address_id"
        " WHERE link.trust = 'enrolled' AND address.last_heard_at IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("invite") as table:
        table.drop_column("revoked_at")
    for name in ("staff_invite", "unproved", "pin", "proof"):
        op.drop_table(name)
