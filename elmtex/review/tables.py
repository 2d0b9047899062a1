"""The tables of reviews. Rows are inserted and deleted, never changed; but for LINES, which can be
made from the others."""

from __future__ import annotations

from elmtex.types import MissingDependencyError

try:
    import sqlalchemy as sa
    import sqlalchemy.exc
    import sqlalchemy.pool
except ImportError as error:
    raise MissingDependencyError("reviews need sqlalchemy: pip install 'elmtex[ui]'") from error

METADATA = sa.MetaData()


def _report() -> sa.Column[str]:
    """The report that a row belongs to; the row is deleted with it."""
    whole = sa.ForeignKey("elmtex_reports.id", ondelete="CASCADE")
    return sa.Column("report", sa.String(36), whole, primary_key=True)


REPORTS = sa.Table(
    "elmtex_reports",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False, index=True),
    sa.Column("batch", sa.String(36), nullable=False, index=True),  # "" for one read alone
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("created", sa.String(40), nullable=False),
    # JSON, for PostgreSQL's text takes no null character and ends of line must survive every
    # driver.
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("schema", sa.Text, nullable=False),
)
EXTRACTIONS = sa.Table(
    "elmtex_extractions",
    METADATA,
    _report(),
    sa.Column("created", sa.String(40), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)
DECISIONS = sa.Table(
    "elmtex_decisions",
    METADATA,
    _report(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("at", sa.String(40), nullable=False),
    sa.Column("decision", sa.Text, nullable=False),
)
# What lists show, so that no list loads reports, extractions or decisions. A database made before
# has none.
LINES = sa.Table(
    "elmtex_lines",
    METADATA,
    _report(),
    sa.Column("touched", sa.String(40), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("open", sa.Integer, nullable=False),
    sa.Column("finished", sa.Boolean, nullable=False),
    sa.Column("decisions", sa.Integer, nullable=False),
    sa.Column("schema", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("rest", sa.Text, nullable=False),
)

__all__ = ["DECISIONS", "EXTRACTIONS", "LINES", "METADATA", "REPORTS", "sa"]
