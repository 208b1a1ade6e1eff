import pytest

from models.facts import SearchGiven, SearchReported
from models.whereabouts import Certainty, Finding, Source
from tests.stage import Actor, Stage

GIVEN = SearchGiven(assignment=7, code="GT-0417")
OUTCOME = "GT-0417: ¿encontró a la persona?\n1 Sí, la encontré\n2 No está ahí\n3 No pude buscar"
PLACE = "GT-0417: ¿dónde está? Escriba aldea y municipio, o mande la ubicación."
SOURCE = "GT-0417: ¿cómo lo sabe?\n1 La vi en persona\n2 Me dijo su familia\n3 Me dijo la gente"
CERTAINTY = "GT-0417: ¿qué tan seguro es?\n1 Seguro\n2 Probable\n3 Dudoso"
GONE = (
    "GT-0417: ¿se sabe a dónde se fue?\n1 Sí, sé a dónde\n2 Se fue, no sé dónde\n3 No se sabe nada"
)
WRONG = "GT-0417: ¿qué corregimos?\n1 El lugar\n2 Cómo lo sé\n3 Todo"
KEPT = "Gracias. Su informe de GT-0417 quedó registrado y coordinación lo va a revisar."


def right(understood: str) -> str:
    return f"Entendí: {understood} GT-0417: ¿está bien así?\n1 Sí\n2 Corregir"


def found_at(stage: Stage, place: str) -> Actor:
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.says("sí")
    marta.hears(PLACE)
    marta.says(place)
    marta.hears(SOURCE)
    marta.taps("La vi en persona")
    marta.hears(CERTAINTY)
    marta.taps("Seguro")
    return marta


def test_what_was_found_is_read_back_and_recorded_only_then(stage: Stage):
    marta = found_at(stage, "aldea La Unión, Jacaltenango")
    marta.hears(right("la persona está en aldea La Unión, Jacaltenango. Usted la vio. Es seguro."))
    assert marta.recorded == []
    marta.taps("Sí")
    marta.hears(KEPT)
    assert marta.recorded == [
        SearchReported(
            7,
            Finding.FOUND,
            place="aldea La Unión, Jacaltenango",
            source=Source.IN_PERSON,
            certainty=Certainty.SURE,
        )
    ]
    assert marta.ended


def test_a_place_may_be_shared_on_the_map(stage: Stage):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.taps("Sí, la encontré")
    marta.hears(PLACE)
    marta.shares_place(15.66, -91.71)
    marta.hears(SOURCE)
    marta.says("me dijo su familia")
    marta.hears(CERTAINTY)
    marta.says("probable")
    marta.hears(
        right("la persona está en la ubicación que mandó. Lo dice su familia. Es probable.")
    )
    marta.says("si esta bien")
    marta.hears(KEPT)
    assert marta.recorded == [
        SearchReported(
            7,
            Finding.FOUND,
            latitude=15.66,
            longitude=-91.71,
            source=Source.FAMILY,
            certainty=Certainty.LIKELY,
        )
    ]


def test_a_wrong_place_is_corrected_and_read_back_again(stage: Stage):
    marta = found_at(stage, "San Juan")
    marta.hears(right("la persona está en San Juan. Usted la vio. Es seguro."))
    marta.taps("Corregir")
    marta.hears(WRONG)
    marta.taps("El lugar")
    marta.hears(PLACE)
    marta.says("San Juan Atitán")
    marta.hears(right("la persona está en San Juan Atitán. Usted la vio. Es seguro."))
    assert marta.recorded == []
    marta.says("1")
    marta.hears(KEPT)
    [report] = marta.recorded
    assert isinstance(report, SearchReported)
    assert report.place == "San Juan Atitán"


def test_how_it_is_known_can_be_corrected_and_so_can_everything(stage: Stage):
    marta = found_at(stage, "San Juan")
    marta.hears(right("la persona está en San Juan. Usted la vio. Es seguro."))
    marta.says("2")
    marta.hears(WRONG)
    marta.taps("Cómo lo sé")
    marta.hears(SOURCE)
    marta.taps("Me dijo la gente")
    marta.hears(CERTAINTY)
    marta.taps("Dudoso")
    marta.hears(right("la persona está en San Juan. Lo dice la gente de ahí. Es dudoso."))
    marta.says("2")
    marta.hears(WRONG)
    marta.taps("Todo")
    marta.hears(OUTCOME)
    marta.taps("No está ahí")
    marta.hears(GONE)
    marta.taps("No se sabe nada")
    marta.hears(right("la persona no está ahí y no se sabe más."))
    marta.says("1")
    marta.hears(KEPT)
    assert marta.recorded == [SearchReported(7, Finding.NOT_THERE)]


def test_a_report_without_a_place_is_corrected_from_the_start(stage: Stage):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.taps("No está ahí")
    marta.hears(GONE)
    marta.taps("Se fue, no sé dónde")
    marta.hears(right("la persona se fue y no se sabe a dónde."))
    marta.says("2")
    marta.hears(OUTCOME)
    marta.taps("No está ahí")
    marta.hears(GONE)
    marta.taps("Sí, sé a dónde")
    marta.hears(PLACE)
    marta.says("Mazatenango, barrio San Benito")
    marta.hears(SOURCE)
    marta.taps("Me dijo su familia")
    marta.hears(CERTAINTY)
    marta.taps("Probable")
    marta.hears(
        right(
            "la persona se fue a Mazatenango, barrio San Benito. Lo dice su familia. Es probable."
        )
    )
    marta.says("1")
    marta.hears(KEPT)
    assert marta.recorded == [
        SearchReported(
            7,
            Finding.MOVED,
            place="Mazatenango, barrio San Benito",
            source=Source.FAMILY,
            certainty=Certainty.LIKELY,
        )
    ]


def test_somebody_who_moved_may_be_shown_on_the_map(stage: Stage):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.taps("No está ahí")
    marta.hears(GONE)
    marta.taps("Sí, sé a dónde")
    marta.hears(PLACE)
    marta.shares_place(14.5, -91.5)
    marta.hears(SOURCE)
    marta.taps("Me dijo la gente")
    marta.hears(CERTAINTY)
    marta.taps("Dudoso")
    marta.hears(
        right("la persona se fue a la ubicación que mandó. Lo dice la gente de ahí. Es dudoso.")
    )


def test_a_search_that_could_not_be_made_says_why(stage: Stage):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.taps("No pude buscar")
    marta.hears("GT-0417: ¿qué lo impidió? Cuéntenos con sus palabras.")
    marta.says("derrumbe en la carretera")
    marta.hears(right("no pudo buscar, por el motivo que escribió."))
    marta.says("1")
    marta.hears(KEPT)
    assert marta.recorded == [
        SearchReported(7, Finding.COULD_NOT_LOOK, note="derrumbe en la carretera")
    ]


def test_what_is_told_with_the_answer_is_kept_and_not_asked_for_again(stage: Stage):
    why = "no pude ir por el derrumbe de la carretera"
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.says(why)
    marta.hears(right("no pudo buscar, por el motivo que escribió."))
    marta.says("1")
    marta.hears(KEPT)
    assert marta.recorded == [SearchReported(7, Finding.COULD_NOT_LOOK, note=why)]


def test_a_yes_is_not_a_place(stage: Stage):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.says("1")
    marta.hears(PLACE)
    marta.says("sí")
    marta.hears(f"No entendí. Escriba el nombre del lugar, por favor.\n{PLACE}")
    marta.says("1")
    marta.hears(f"Escriba solo aldea y municipio. Por ejemplo: Las Flores, San Juan\n{PLACE}")
    marta.says("no")
    marta.hears(
        "No logro entenderle y ya avisé a nuestro equipo. Tendrá respuesta en menos de 24 horas."
    )
    assert marta.recorded == []


def test_the_same_search_in_english(stage: Stage):
    ana = stage.plays("search", GIVEN, "eng")
    ana.hears("GT-0417: did you find the person?\n1 Yes, found\n2 Not there\n3 I could not look")
    ana.says("not there")
    ana.hears(
        "GT-0417: is it known where the person went?"
        "\n1 Yes, I know where\n2 Left, unknown where\n3 Nothing is known"
    )
    ana.says("3")
    ana.hears(
        "I understood: the person is not there, and nothing is known."
        " GT-0417: is that right?\n1 Yes\n2 Correct it"
    )
    ana.says("yes")
    ana.hears("Thank you. Your report on GT-0417 is recorded, and coordination will look at it.")
    assert ana.recorded == [SearchReported(7, Finding.NOT_THERE)]


@pytest.mark.parametrize(
    ("words", "next_question"),
    [
        ("la encontre, vive con su hermana en el canton", PLACE),
        ("ya lo encontramos gracias a Dios", PLACE),
        ("la encontre pero no quiere hablar", PLACE),
        ("fui y no la encontré, dicen que se fue a la costa", GONE),
        ("no lo encontramos", GONE),
    ],
)
def test_who_tells_it_in_a_sentence_is_understood(stage: Stage, words: str, next_question: str):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.says(words)
    marta.hears(next_question)


@pytest.mark.parametrize(
    "words", ["la mama no vive ahi, la encontre en la costa", "encontre la casa vacia"]
)
def test_who_says_two_things_is_asked_which(stage: Stage, words: str):
    marta = stage.plays("search", GIVEN)
    marta.hears(OUTCOME)
    marta.says(words)
    marta.hears("No entendí. Elija una de estas, por favor.\n" + OUTCOME)
