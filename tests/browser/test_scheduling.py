"""Scheduling a post, changing its time, and cancelling it, with and without scripts."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.formats import day_and_time, local_input
from tests.browser.acts import own_post, press, usually_with_scripts, write

pytestmark = pytest.mark.browser

TITLE, TEXT = "Semesterstart", "Dette **skjer** i januar."


@usually_with_scripts
def test_scheduled_time_can_be_set_changed_and_removed(browse, people, scripts):
    first = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    second = first + timedelta(days=1)
    page = browse(as_=people["Ada"], java_script_enabled=scripts)
    page.goto("/")
    write(page, TITLE, TEXT)

    # A time in the past is rejected, and the text is kept.
    page.get_by_text("Publiser senere").click()
    page.get_by_label("Dato og klokkeslett").fill("2020-01-01T08:00")
    press(page, "Planlegg")
    expect(page.get_by_role("alert").first).to_contain_text("Dette tidspunktet er passert.")
    expect(page.get_by_label("Tekst", exact=True)).to_have_value(TEXT)

    page.get_by_label("Dato og klokkeslett").fill(local_input(first))
    press(page, "Planlegg")
    expect(page.get_by_role("status").first).to_contain_text(f"Planlagt. Fra {day_and_time(first)} kan alle lese det.")
    expect(page).to_have_url(re.compile("/edit/$"))

    # Saving the text keeps the time.
    page.get_by_label("Tekst", exact=True).fill(f"{TEXT} Og mer.")
    press(page, "Lagre utkast")
    expect(page.get_by_text("Lagret kl.").first).to_be_visible()
    expect(page.get_by_label("Dato og klokkeslett")).to_have_value(local_input(first))

    # The time is listed under “My posts”, where it can also be changed and removed.
    page.get_by_role("link", name="Mine innlegg").click()
    planned = page.get_by_role("region", name="Planlagte")
    expect(own_post(planned, TITLE)).to_contain_text(f"Publiseres {day_and_time(first)}")
    own_post(planned, TITLE).get_by_role("link", name="Rediger").click()
    page.get_by_label("Dato og klokkeslett").fill(local_input(second))
    press(page, "Endre tidspunktet")
    expect(page.get_by_role("main")).to_contain_text(f"Fra {day_and_time(second)} kan alle lese innlegget.")
    page.get_by_role("link", name="Mine innlegg").click()
    own_post(planned, TITLE).get_by_role("button", name="Fjern tidspunktet").click()
    expect(page.get_by_role("status").first).to_contain_text("Innlegget er ikke lenger planlagt.")
    expect(own_post(page.get_by_role("region", name="Utkast"), TITLE)).to_be_visible()


@usually_with_scripts
def test_admin_must_confirm_the_scheduling_of_another_persons_draft(browse, people, scripts):
    moment = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)
    admin = browse(as_=people["Ingrid"], java_script_enabled=scripts)
    admin.goto("/posts/m3h77k6fm4/edit/")
    admin.get_by_label("Tekst", exact=True).fill("Teksten er rettet.")
    admin.get_by_text("Publiser senere").click()
    admin.get_by_label("Dato og klokkeslett").fill(local_input(moment))
    press(admin, "Planlegg")
    heading = admin.get_by_role("heading", level=1)
    expect(heading).to_have_text("Planlegge en annens utkast?")
    expect(admin.get_by_role("main")).to_contain_text(f"blir det publisert {day_and_time(moment)}.")
    press(admin, "Skriv videre")
    expect(admin.get_by_label("Tekst", exact=True)).to_have_value("Teksten er rettet.")
    expect(admin.get_by_label("Dato og klokkeslett")).to_have_value(local_input(moment))
    press(admin, "Planlegg")
    expect(heading).to_have_text("Planlegge en annens utkast?")
    press(admin, "Planlegg")
    expect(admin.get_by_role("status").first).to_contain_text(
        f"Planlagt. Fra {day_and_time(moment)} kan alle lese det."
    )


@usually_with_scripts
def test_author_unpublishes_in_the_editor_and_keeps_the_changes(browse, people, scripts):
    page = browse(as_=people["Ada"], java_script_enabled=scripts)
    page.goto("/posts/mine/")
    published = page.get_by_role("region", name="Publiserte")
    published.get_by_role("link", name="Rediger").first.click()
    page.get_by_label("Tittel").fill("Ny tittel")
    press(page, "Lagre og trekk tilbake")
    expect(page.get_by_role("status").first).to_contain_text("Innlegget er et utkast igjen.")
    expect(page.get_by_label("Tittel")).to_have_value("Ny tittel")
    page.get_by_role("link", name="Mine innlegg").click()
    expect(own_post(page.get_by_role("region", name="Utkast"), "Ny tittel")).to_be_visible()
