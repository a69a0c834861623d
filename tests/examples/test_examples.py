"""Every example runs, and prints what it is there to show."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DATA = ROOT.parent / "shared" / "data"
INCIDENTS = DATA / "tickets" / "bpic2013_incidents.csv.gz"
PURCHASES = DATA / "purchases" / "cdnow_sample.csv.gz"

LOG = """case,ts,status,substatus,group,line,resource,impact,product,country,org
1,1270047582,Accepted,In Progress,V30,1,1,Medium,PROD582,fr,Org line A2
2,1270047600,Queued,Awaiting Assignment,V30,1,1,Major,PROD582,se,Org line C
1,1270565047,Accepted,Wait - User,V5 3rd,3,2,Medium,PROD582,fr,Org line A2
1,1270565047,Completed,Resolved,V5 3rd,3,2,Medium,PROD582,fr,Org line A2
1,1270047656,Accepted,Assigned,V30,1,1,Medium,PROD582,fr,Org line A2
"""
TILL = """customer,master_id,date,quantity,cents
1,00004,1997-01-01,2,2933
1,00004,1997-01-18,2,12973
2,00018,1997-01-04,1,1496
1,00004,1997-01-18,1,100
"""


HELPDESK = DATA / "tickets" / "italian_helpdesk.csv.gz"
WORK = """case,ts,activity,resource
7,1349794217,Assign seriousness,1
7,1349880617,Wait,1
7,1350485417,Take in charge ticket,2
7,1350571817,Resolve ticket,2
7,1350658217,Take in charge ticket,2
8,1349794217,Assign seriousness,1
8,1349797817,Closed,1
"""


def run(name: str, *arguments: str, cwd: Path) -> str:
    """Run an example in an empty folder; return what it printed."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def packed(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_every_example_is_run_by_a_test() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    tested = Path(__file__).read_text("utf-8")
    assert [name for name in sorted(names) if f'run("{name}"' not in tested] == []


def test_the_quick_start_shows_the_customer_now_and_as_of_the_morning(tmp_path: Path) -> None:
    told = run("quickstart.py", cwd=tmp_path)
    assert told.splitlines() == [
        "contacts 1, open tickets 0, tickets 1",
        "as of the morning: open tickets 1",
        "points 129",
    ]


def test_the_web_shop_earns_once_refuses_and_lets_points_expire(tmp_path: Path) -> None:
    told = run("webshop.py", cwd=tmp_path)
    assert "told twice, stored once: True" in told
    assert "insufficient_points" in told
    assert "after the checkout: balance 258, debt 0, tier gold" in told
    assert "a year later, nothing was run: balance 0" in told
    assert "tick recorded 1 facts, then 0" in told


def test_the_service_desk_breaches_without_anybody_looking(tmp_path: Path) -> None:
    told = run("service_desk.py", cwd=tmp_path)
    assert "first_response: met, 100 working minutes" in told
    assert "resolution: paused, 100 working minutes" in told
    assert "2024-03-07T09:00:00" in told
    assert "sla.breached resolution" in told


def test_the_auditor_sees_what_was_and_what_was_known(tmp_path: Path) -> None:
    told = run("bank_audit.py", cwd=tmp_path)
    assert "on Saturday the ticket was urgent; the desk saw normal" in told
    assert "normal -> urgent by branch-7, known since 2024-03-04T08:00:00+00:00" in told
    assert "a rebuild gives the same rows: True" in told


def test_a_host_has_a_room_a_view_and_a_reaction_of_its_own(tmp_path: Path) -> None:
    told = run("own_room.py", cwd=tmp_path)
    assert told.splitlines() == [
        "p-2: depot, lost: True",
        "posted 2, lost 1",
        "tickets opened by the loss: ['lost-p-2']",
    ]


def test_an_eventsourcing_application_keeps_its_boundaries_on_cix(tmp_path: Path) -> None:
    pytest.importorskip("eventsourcing")
    pytest.importorskip("msgspec")
    told = run("eventsourcing_app.py", cwd=tmp_path)
    assert "the second clerk was refused" in told
    assert "left: 40" in told


def test_an_incident_log_is_loaded_once_however_often_it_is_run(tmp_path: Path) -> None:
    file = packed(tmp_path / "log.csv.gz", LOG)
    first = run("bpic2013.py", str(file), cwd=tmp_path)
    assert "stored 5 facts, skipped 0, lifted 0" in first
    assert "bpi-1 (4 changes): Completed/Resolved, opened 1 times" in first
    assert "tickets that are neither resolved nor closed: 1" in first
    again = run("bpic2013.py", str(file), cwd=tmp_path)
    assert "stored 0 facts, skipped 5, lifted 0" in again


def test_two_logs_are_replayed_under_five_promises_each(tmp_path: Path) -> None:
    incidents = packed(tmp_path / "incidents.csv.gz", LOG)
    work = packed(tmp_path / "work.csv.gz", WORK)
    told = run("sla_replay.py", str(incidents), str(work), cwd=tmp_path)
    assert "2 cases, 5 rows; zone Europe/Stockholm." in told
    assert "| 72 h, calendar time | 2 | 0 | 2 | 0 | 287 | `" in told
    assert "| 72 h, calendar time | 2 | 1 | 1 | 0 | 217 | `" in told
    assert "| 72 h, calendar time, waiting pauses | 2 | 1 | 0 | 1 | 49 | `" in told
    assert (
        "| 24 h, business time, waiting pauses, reopening restarts | 3 | 2 | 0 | 1 | 16 |" in told
    )
    run("sla_replay.py", str(incidents), str(work), "--out", "results.md", cwd=tmp_path)
    assert (tmp_path / "results.md").read_text("utf-8") == told


@pytest.mark.skipif(not HELPDESK.exists(), reason="the real logs are not here")
def test_the_results_of_the_real_logs_are_those_that_are_kept(tmp_path: Path) -> None:
    told = run("sla_replay.py", str(INCIDENTS), str(HELPDESK), cwd=tmp_path)
    assert told == (EXAMPLES / "sla_results.md").read_text("utf-8")


def test_purchases_are_decided_once_however_often_they_are_run(tmp_path: Path) -> None:
    file = packed(tmp_path / "till.csv.gz", TILL)
    first = run("cdnow.py", str(file), cwd=tmp_path)
    assert "4 purchases decided, 0 known already" in first
    assert "cd-1 as of 1997-01-18: 159 points, 159 growth, collector" in first
    again = run("cdnow.py", str(file), cwd=tmp_path)
    assert "0 purchases decided, 4 known already" in again
    assert "cd-1 as of 1997-01-18: 159 points, 159 growth, collector" in again


@pytest.mark.skipif(not INCIDENTS.exists(), reason="the real incident log is not here")
def test_the_real_incident_log_becomes_tickets_of_every_case(tmp_path: Path) -> None:
    told = run("bpic2013.py", str(INCIDENTS), "--db", "sqlite:///real.db", cwd=tmp_path)
    assert "stored 65533 facts, skipped 0, lifted 0" in told
    assert "bpi-134 (123 changes): Completed/Closed" in told
    assert "tickets that are neither resolved nor closed: 8" in told


@pytest.mark.skipif(not PURCHASES.exists(), reason="the real purchases are not here")
def test_the_real_purchases_are_earned_by_every_customer(tmp_path: Path) -> None:
    told = run("cdnow.py", str(PURCHASES), "--db", "memory://", cwd=tmp_path)
    assert "6919 purchases decided, 0 known already" in told


def test_one_command_reports_on_a_programme_and_on_another_one(tmp_path: Path) -> None:
    file = packed(tmp_path / "till.csv.gz", TILL)
    told = run("cdnow_report.py", str(file), cwd=tmp_path)
    assert "4 purchases decided, 0 known already; cdnow_report.md written" in told
    page = (tmp_path / "cdnow_report.md").read_text("utf-8")
    assert "| cd-1 | 159 | 0 | 0 | 159 | collector | 1998-01-19 00:00:00+00:00 |" in page
    assert "## Outstanding as of 1997-01-18: 173 points\n\n| month | points |" in page
    assert "| 1998-01 | 173 | 173 |" in page
    assert "2 of 2 members would have other points or another tier." in page
    assert "| collector | collector | 1 |" in page
    assert "Commands it would refuse: 0." in page


@pytest.mark.skipif(not PURCHASES.exists(), reason="the real purchases are not here")
def test_the_real_purchases_are_reported_for_every_customer(tmp_path: Path) -> None:
    run("cdnow_report.py", str(PURCHASES), cwd=tmp_path)
    page = (tmp_path / "cdnow_report.md").read_text("utf-8")
    assert "# A loyalty programme over 6919 purchases" in page
    assert "of 2357 members would have other points or another tier." in page
    assert "Commands it would refuse: 0." in page
