"""How people write who they are, in English, French and Spanish: what ``bot.redaction`` looks for. Pure.

Every pattern marks what is to go as the group ``it``; those for names mark where one begins.
"""

from __future__ import annotations

import re


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _any(words: str) -> str:
    """One of these, written with commas between them."""
    return "(?:" + "|".join(word.strip() for word in words.split(",")) + ")"


CAPITAL = "(?=[A-ZÀ-Þ])"
_LETTERS = r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*"
_WORD = r"[\w'’.-]+"
WORD = re.compile(_LETTERS)
SURNAME = re.compile(rf" (?P<word>{CAPITAL}{_LETTERS})")

COMMON_SURNAME = _re(
    " "
    + _any(
        "smith, johnson, williams, jones, davis, wilson, anderson, thompson, robinson, macdonald, mcdonald, campbell, nguyen,"
        "patel, singh, chen, martinez, garcia, rodriguez, hernandez, lopez, gonzalez, perez, sanchez, ramirez, torres,"
        "rivera, gomez, tremblay, gagnon, bouchard, gauthier, lavoie, fortin, pelletier"
    )
    + r"\b"
)
"""After a first name that is a word too, such as "will", also in small letters. Surnames that are words are not among them."""

TOLL_FREE = re.compile(r"^1?(800|833|844|855|866|877|888)|^0800")
"""A line anybody may call says nothing about who is writing."""

# --- names -------------------------------------------------------------------------------------------

DOES_SOMETHING = _re(
    r"(?:['’]s)? "
    + _any(
        "is, was, has, had, said, says, told, tells, keeps, kept, wants, did, does, hits, hit, made, makes,"
        "came, lives, left, and i"
    )
    + r"\b"
)
_WHOSE = _any("my, his, her, their, full, real, first, last, dad's, mom's, mum's, friend's")
_SOMEBODY = _any("guy, man, boy, girl, woman, lady, person, someone, somebody, dude, kid, teacher")
SAID_NAME = _re(
    rf"\b(?:{_WHOSE}(?: full| real| first| last)? name(?:['’]s|s)? (?:is )?|names? is |{_SOMEBODY} (?:called|named) |named "
    r"|(?:je m|s)['’]appelle |mon (?:pré)?nom (?:est|c['’]est) |(?:me llamo|se llama|mi nombre es) )"
)
"""Whatever follows is a name."""

_SURE_TITLES = "mr|mrs|ms|mme|mlle|monsieur|madame|señora?|srta?|sra|m(?=\\. )"
TITLE = re.compile(
    rf"\b(?P<title>(?i:(?P<sure>{_SURE_TITLES})\.?"
    + "|"
    + r"dr\.?|coach|officer|pastor|father|sir|miss|(?:el |la )?(?:profesora?|maestr[oa]|doctora?)|prof\.?|don|doña)) "
)
_PEOPLE = _any(
    "friend, bff, bf, gf, boyfriend, girlfriend, sister, brother, sis, bro, cousin, step-?dad, step-?mom, stepfather,"
    "stepmother,"
    "uncle, aunt, auntie, dad, mom, mum, coach, teacher, worker, ex, roommate, neighbou?r, boss, pimp, daddy,"
    "ami, amie, copain, copine, chum, blonde, frère, soeur, sœur, beau-père, belle-mère, oncle, tante, cousine,"
    "amig[oa], novi[oa], herman[oa], padrastro, madrastra, tí[oa], prim[oa], vecin[oa], jefe"
)
_BEFORE = _any(
    "i['’]?m, i am, it['’]?s, it is, this is, it was, call me, moi c['’]est, c['’]est, je suis, soy, con, avec, with,"
    "told, tell, me and, and"
)
MAYBE_NAME = _re(rf"\b(?:{_BEFORE}|{_PEOPLE}) ")
"""What follows is a name if it is one, or has a capital."""

# --- places ------------------------------------------------------------------------------------------

_STREET = _any(
    "street, st, road, rd, avenue, ave, crescent, cres, lane, ln, drive, dr, court, ct, boulevard, blvd, place, pl, terrace,"
    "close,"
    "highway, hwy, parkway, way, trail, circle"
)
_RUE = _any("rue, avenue, av\\., boulevard, boul\\., chemin, ch\\., place, impasse, allée, rang, montée, route")
_CALLE = _any("calle, avenida, av\\., carrera, paseo, plaza, colonia, camino, calzada")
_FLAT = r"(?:,? " + _any("apt, apartment, unit, suite, flat, app, appt, depto, piso, #") + r"\.? ?#?\w+)?"
_CITY = rf"(?:, {CAPITAL}{_WORD}(?: {CAPITAL}{_WORD})?)?"
_SCHOOLS = (
    "(?:(?:catholic |public |junior |senior |middle |secondary |elementary |primary |high )+school|"
    + _any(
        "junior high, high, secondary, elementary, academy, collegiate institute, collegiate, college, university, school, prep"
    )
    + ")"
)
_SMALL_SCHOOLS = _any("high school, middle school, secondary, elementary, academy, collegiate, junior high, high")
_NO_SCHOOL = _any(
    "my, the, a, an, to, in, at, of, this, that, his, her, our, their, your, from, every, any, new, old, so, get, got,"
    "after, before,"
    "go, going, is, was, and, or, too, very, really, being, feel, private, public, middle, junior, high, art, law, med,"
    "boarding,"
    "summer, night, whole, entire, like, near"
)
_ECOLE = _any(
    "école, ecole, collège, college, lycée, lycee, polyvalente, cégep, cegep, université, escuela, colegio, instituto,"
    "secundaria,"
    "preparatoria, prepa, primaria, liceo, universidad"
)
_OF = "(?i: secondaire| primaire| secundaria| primaria)?(?i: de la| des| de| du| del| d['’])?"

# --- accounts ----------------------------------------------------------------------------------------

_PLATFORM = _any(
    "snap, snapchat, insta, instagram, ig, tik ?tok, discord, roblox, kik, telegram, whatsapp, twitch, psn, xbox, gamertag,"
    "user ?name, handle"
)
_NOBODYS = _any(
    "me, him, her, them, us, it, you, u, ya, people, friends, girls, boys, guys, kids, someone, somebody, everyone, anyone,"
    "random, strangers, this, that, moi, lui, eux, amis, amigos, gente"
)
_IS = r"(?: user(?:name)?| name| account| tag)?(?: is|['’]s|:| :| c['’]est| est| es| =)?"

PATTERNS: dict[str, tuple[re.Pattern[str], ...]] = {
    "email": (_re(r"(?P<it>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"),),
    "birth date": (
        _re(
            r"\b(?:born(?: on)?|birth ?day(?: is|['’]s)?|b-?day(?: is|['’]s)?|birth ?date(?: is)?|dob:?(?: is)?"
            r"|née?s? le|naissance(?: est)?(?: le)?|nac[ií](?: el)?|cumpleaños(?: es)?(?: el)?):? "
            r"(?P<it>\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4})\b"
        ),
    ),
    "phone": (_re(r"(?<![\w/#])(?P<it>\+?\(?\d[ \d().\-]{5,17}\d)(?![\w/])"),),
    "handle": (
        _re(r"(?<![\w.])(?P<it>@\w[\w.]{1,29})"),
        _re(r"(?<!\w)(?P<it>[\w.]{2,32}#\d{4})\b"),
        _re(rf"\b{_PLATFORM}{_IS} (?P<it>(?=[a-z]*[\d_.])[a-z0-9_][\w.]{{2,28}}\w)"),
        _re(rf"\badd (?!{_NOBODYS}\b)(?P<it>[\w.]{{2,29}}\w) (?:on|sur|en) (?:my |his |her )?{_PLATFORM}\b"),
        _re(rf"\b(?P<it>(?=[a-z]+[\d_.])[\w.]{{2,29}}\w) (?:on|sur|en) (?:my |his |her )?{_PLATFORM}\b"),
        _re(r"\badd me(?: on \w+)?:? (?P<it>(?=[a-z]*[\d_.])[\w.]{3,30})"),
        _re(r"(?<![\w@.])(?P<it>(?:[a-z0-9]+_)+[a-z0-9]+|[a-z]{3,}\d{2,})(?![\w@])"),
    ),
    "address": (
        _re(rf"(?P<it>\b\d{{1,5}}[a-z]? (?:{_WORD} ){{1,3}}{_STREET}\b\.?(?: [NSEW]\b)?{_FLAT})"),
        re.compile(rf"(?P<it>\b\d{{1,5}}[a-z]? (?:{_WORD} ){{1,3}}(?i:{_STREET})\b{_CITY})"),
        re.compile(rf"(?P<it>(?:\b{CAPITAL}{_WORD} ){{1,3}}{CAPITAL}(?i:{_STREET})\b)"),
        _re(rf"(?P<it>\b\d{{1,5}}(?: bis)?,? {_RUE} (?:(?:de|des|du|la|les) |l['’])*{_WORD}(?: {CAPITAL}{_WORD})?{_FLAT})"),
        _re(rf"(?P<it>\b{_CALLE} (?:(?:de|del|la|las|los) )*{_WORD}(?: {_WORD})? #?\d+{_FLAT})"),
        re.compile(r"\b(?P<it>[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})\b"),
        _re(
            r"\b(?:zip|zip code|postal code|postcode|code postal|código postal)(?: is| est| es|:)? "
            r"(?P<it>\d{4,5}|\w\d\w ?\d\w\d)\b"
        ),
    ),
    "school": (
        re.compile(rf"(?P<it>(?:\b{CAPITAL}{_WORD} ){{1,4}}(?i:{_SCHOOLS})\b)"),
        _re(rf"\b(?:at|to|from|outside|attend|near|in) (?P<it>(?!{_NO_SCHOOL}\b){_WORD} {_SMALL_SCHOOLS})\b"),
        re.compile(rf"\b(?i:school(?: is|['’]s| called| name is)) (?P<it>{CAPITAL}{_WORD}(?: {CAPITAL}{_WORD})*)"),
        re.compile(rf"(?P<it>\b(?i:{_ECOLE}){_OF} ?{CAPITAL}{_WORD}(?: {CAPITAL}{_WORD})*)"),
    ),
}
"""What is looked for by kind; the longest match of a kind's patterns wins where they overlap."""
