"""What the site tells AI crawlers, and who runs it. Facts, not defects."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, Severity, site_check
from shared.checks.site import Site, SiteFinding
from shared.facts_record import Flag

TRAINING = (
    "GPTBot", "ClaudeBot", "CCBot", "Google-Extended", "Applebot-Extended", "Bytespider", "Meta-ExternalAgent",
    "Amazonbot",
)  # fmt: skip
"""Agents that gather text to train models."""
SEARCH = ("OAI-SearchBot", "ChatGPT-User", "PerplexityBot", "Perplexity-User", "Claude-SearchBot", "Claude-User")
"""Agents that fetch for an answer or a search."""
_OK = range(200, 300)
_MISSING = (404, 410)


@site_check(
    "ai.bot_blocked",
    Category.SOCIAL,
    Severity.INFO,
    source="https://www.rfc-editor.org/rfc/rfc9309",
    needs=(Fact.ROBOTS,),
)
def bot_blocked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """robots.txt keeps an AI agent from the start page.

    Whether you want that is your decision; agents that train models and agents that fetch for an answer differ.

    Fix: none needed; change the group of the agent in robots.txt if you want it otherwise.
    """
    file = site.inputs.robots
    if file is None or file.status not in _OK:
        return
    for purpose, agents in (("training", TRAINING), ("search and answers", SEARCH)):
        for agent in agents:
            verdict = file.robots.verdict(site.inputs.start_url, agent)
            if not verdict.allowed:
                at = f"line {verdict.line}" if verdict.line else ""
                yield SiteFinding(f"{agent} ({purpose}): {verdict.rule or 'disallowed'}", url=file.url, at=at)


@site_check("ai.llms_txt", Category.SOCIAL, Severity.INFO, source="https://llmstxt.org/")
def llms_txt(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """There is no usable /llms.txt.

    It is a proposal for telling language models where a site's texts are; no search engine is known to use it.

    Fix: none needed; if you want one, write Markdown with a first heading and lists of links.
    """
    file = site.inputs.llms_txt
    if file is None:
        return
    if file.status in _MISSING:
        yield SiteFinding("there is none", url=file.url)
    elif file.status in _OK:
        lines = [line.strip() for line in file.text.splitlines() if line.strip()]
        if not lines or not lines[0].startswith("# "):
            yield SiteFinding("no heading in the first line", url=file.url, at="line 1")
        elif not any("](" in line for line in lines):
            yield SiteFinding("no links", url=file.url)


@site_check(
    "ai.content_signals", Category.SOCIAL, Severity.INFO, source="https://contentsignals.org/", needs=(Fact.ROBOTS,)
)
def content_signals(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A Content-Signal line in robots.txt can't be read.

    What you say there about the use of your texts then says nothing.

    Fix: write for instance `Content-Signal: search=yes, ai-train=no`.
    """
    file = site.inputs.robots
    for problem in file.robots.problems if file else ():
        if problem.kind == "content_signal_malformed":
            yield SiteFinding(problem.text, url=file.url if file else None, at=f"line {problem.line}")


@site_check("eeat.contact_missing", Category.SOCIAL, Severity.INFO, source="heuristic", complete_only=True)
def contact_missing(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """No page says who runs the site.

    Neither a contact nor an about or privacy page is linked from anywhere; readers look for them before they trust.

    Fix: add such a page and link to it from every page.
    """
    if site.number(Flag.FETCHED | Flag.HTML) and not site.number(Flag.FETCHED | Flag.HTML | Flag.CONTACT):
        yield SiteFinding("no link to a contact, about or privacy page", url=site.inputs.start_url)
