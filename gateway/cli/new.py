"""`gateway new`: a policy from a template and a few answers, with its notices and the cases that prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import err, fail, say
from gateway.content.files import load_directory
from gateway.errors import PolicyError, Problem, Severity
from gateway.policy.draft import Desk, Draft, default_for, draft, judge, with_defaults
from gateway.policy.files import read_directory
from gateway.policy.parse_regions import NAME
from gateway.policy.template import Answer, Question, Template, joined, parse_answers, quoted, split, templates
from gateway.pyyaml import nearest
from gateway.settings import load_settings


def _known(incomplete: str) -> Iterator[tuple[str, str]]:
    for template in templates().values():
        if template.name.startswith(incomplete):
            yield template.name, template.title


def new(
    template: Annotated[
        str, typer.Argument(help="Which template; without one they are listed.", autocompletion=_known)
    ] = "",
    name: Annotated[str, typer.Argument(help="The new policy's name; without one the questions are shown.")] = "",
    directory: Annotated[
        Path | None, typer.Option("--directory", help="The policies directory [GATEWAY_POLICIES].")
    ] = None,
    content: Annotated[Path | None, typer.Option("--content", help="The content directory [GATEWAY_CONTENT].")] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", metavar="FILE", help="Answers in YAML; nothing is asked.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="QUESTION=ANSWER", help="One answer; may be repeated.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take the default wherever nothing is answered.")] = False,
) -> None:
    """Write a policy, its notices and its cases from a template. It asks a few questions first."""
    if not template:
        _list()
        return
    chosen = _chosen(template)
    desk = _desk(directory, content)
    if not name:
        _show_questions(chosen, desk)
        return
    if not NAME.fullmatch(name):
        raise typer.BadParameter(f"'{name}' is no name for a policy; write small letters, digits and hyphens")
    answered = beforehand = _given(chosen, answers, given or [])
    target = load_settings({"policies": directory}).policies
    if answers is None and not yes:
        _never_over(draft(chosen, name, beforehand, desk), target)
        answered = _ask(chosen, name, desk, answered)
    made = draft(chosen, name, answered, desk)
    _refuse(made, target)
    # the policies last: a gateway that watches the directory must not meet one whose notices are yet to come
    for path, text in sorted(made.files.items(), key=lambda item: "/" not in item[0]):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:  # never over what somebody wrote meanwhile
            out.write(text)
    _report(chosen, name, made, target, beforehand, with_defaults(chosen, name, answered, desk), desk)


def _list() -> None:
    width = max(map(len, templates()))
    for template in templates().values():
        say(f"{template.name:{width}}  {template.title}")
    say("\ngateway new TEMPLATE shows what it asks; gateway new TEMPLATE NAME asks it and writes the policy.")


def _chosen(name: str) -> Template:
    found = templates().get(name)
    if found is None:
        near = nearest(name, templates())
        raise typer.BadParameter(
            f"there is no template '{name}'; "
            + (f"did you mean '{near}'?" if near else f"there are: {', '.join(templates())}")
        )
    return found


def _desk(directory: Path | None, content: Path | None) -> Desk:
    """What there is already. A directory that does not exist yet is an empty one."""
    settings = load_settings({"policies": directory, "content": content})
    files = read_directory(settings.policies) if settings.policies.is_dir() else {}
    index = load_directory(settings.directory)
    outlet = index.site.title or "The name of your outlet"
    return Desk(files, index, outlet, datetime.now(UTC), frozenset(settings.redirect_hosts))


def _show_questions(template: Template, desk: Desk) -> None:
    """The questions as a file of answers that can be filled in."""
    say(f"# {template.title}.\n# gateway new {template.name} NAME --answers FILE")
    answers: dict[str, Answer] = {}
    for question in template.questions:
        answers[question.name] = default_for(question, "NAME", answers, desk)
        say(f"\n# {question.ask} {question.help}\n{question.name}: {quoted(joined(answers[question.name]))}")


def _given(template: Template, path: Path | None, pairs: list[str]) -> dict[str, Answer]:
    """The answers of the file, and over them those of the command line."""
    found: dict[str, Answer] = {}
    if path is not None:
        try:
            found = parse_answers(path.read_bytes(), str(path), template)
        except OSError as error:
            raise typer.BadParameter(f"{path}: {error.strerror}") from error
    questions = {question.name: question for question in template.questions}
    for pair in pairs:
        word, equals, text = pair.partition("=")
        if not equals or word not in questions:
            near = nearest(word, questions)
            remedy = f"did you mean '{near}'?" if near else f"it asks: {', '.join(questions)}"
            raise typer.BadParameter(f"'{word}' is no question of '{template.name}'; {remedy}")
        found[word] = split(text, questions[word])
    return found


def _ask(template: Template, name: str, desk: Desk, given: Mapping[str, Answer]) -> dict[str, Answer]:
    """Ask for what is not given; each answer is judged at once, with defaults for what is not yet asked."""
    answers = dict(given)
    say(f"{template.title}.\n")
    for question in template.questions:
        if question.asked and question.name not in given:
            answers[question.name] = _answer(template, question, name, desk, answers)
    return answers


def _answer(template: Template, question: Question, name: str, desk: Desk, before: Mapping[str, Answer]) -> Answer:
    """One answer. An error asks again; a warning does too, but takes the same answer for an answer."""
    known = {str(problem) for problem in judge(template, name, before, desk)}
    shown = joined(default_for(question, name, before, desk))
    warned = ""
    while True:
        err.print(f"{question.help}", style="dim", markup=False)
        text = typer.prompt(question.ask, default=shown, err=True)
        answer = split(text, question)
        found = judge(template, name, {**before, question.name: answer}, desk) if answer else []
        fresh = [problem for problem in found if str(problem) not in known and problem.severity is not Severity.INFO]
        if not answer:
            fail("An empty list never means all; name at least one.")
        elif not fresh or (text == warned and not _errors(fresh)):
            return answer
        for problem in fresh:
            fail(f"{problem.what}; {problem.remedy}")
        if answer and not _errors(fresh):
            err.print("Press Enter to keep it all the same.", markup=False)
            shown = warned = text


def _errors(problems: list[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


def _refuse(made: Draft, target: Path) -> None:
    """Nothing is written where anything stands in the way, or where the parser would refuse it."""
    _never_over(made, target)
    errors = [problem for problem in made.problems if problem.severity is Severity.ERROR]
    if errors:
        raise PolicyError("\n".join(map(str, errors)), errors)


def _never_over(made: Draft, target: Path) -> None:
    """Said before anything is asked, and again of what the answers have made of it. Raises PolicyError."""
    there = [path for path in made.files if (target / path).exists()]
    if there:
        named = ", ".join(str(target / path) for path in there)
        raise PolicyError(f"nothing was written: {named} is there already; choose another name")


def _report(
    template: Template,
    name: str,
    made: Draft,
    target: Path,
    beforehand: Mapping[str, Answer],
    whole: Mapping[str, Answer],
    desk: Desk,
) -> None:
    """What was written, what is still to be mended, what to do next."""
    say("Written:")
    for path in sorted(made.files):
        say(f"  {target / path}")
    for problem in made.problems:
        if problem.severity is Severity.WARNING:
            say(str(problem), style="yellow")
    if made.conflicts:
        what = "mend the cases, or what they say of the policies"
        say(f"Beside your other policies these cases do not hold; {what}:", style="yellow")
        for conflict in made.conflicts:
            say(f"  {conflict}", style="yellow")
    usual = [question.name for question in template.questions if not question.asked and question.name not in beforehand]
    if usual:
        say("\nTaken as usual (--set says otherwise, or mend the file):")
        for word in usual:
            say(f"  {word}: {joined(whole[word])}")
    held = [
        question.name
        for question in template.questions
        if question.placeholder
        and question.name not in beforehand
        and whole[question.name] == default_for(question, name, whole, desk)
    ]
    say("\nNext:")
    if held:
        say(f"  mend what only holds a place: {', '.join(held)}")
    say("  read the texts in notices/ and texts/ with a lawyer; they are yours now")
    say(f"  gateway check {target} --strict")
    say(f"  gateway test {target}")
    if whole["state"] == "shadow":
        say(f"  when the log shows what you meant, write `state: active` in {name}.yaml and mend its cases as they say")
