from models.document import DocumentType, Obstacle
from models.facts import PapersGiven, PapersSent, Unobtainable
from tests.stage import Actor, Stage

GIVEN = PapersGiven(request=4, code="HN-0233", document=DocumentType.BIRTH_CERTIFICATE)
WANTED = (
    "HN-0233: mande fotos de este documento: acta de nacimiento."
    " Todas las páginas, por los dos lados. Si no se consigue, escriba NO."
)
ALL = "¿Es todo?\n1 Sí, es todo\n2 Faltan más"
MORE = "HN-0233: mándelas por aquí cuando pueda. Al terminar, escriba LISTO."
OBSTACLE = "HN-0233: ¿por qué no se consigue?\n1 Ya no existe\n2 No lo quieren dar\n3 Otro motivo"
TRIED = "HN-0233: cuéntenos qué intentó, dónde y cuándo, y quién dijo que no."
EXPLAINED = "Gracias. Su explicación quedó guardada en HN-0233: también ayuda."
LATER = "HN-0233: su mensaje llegó sin fotos. ¿Qué hacemos?"


def asked(stage: Stage) -> Actor:
    marta = stage.plays("papers", GIVEN)
    marta.hears(WANTED)
    return marta


def test_three_photos_of_one_burst_are_thanked_for_once_by_their_count(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(3)
    marta.hears(f"Recibí 3 fotos para HN-0233. {ALL}")
    marta.says("si son todas")
    marta.hears(
        "Gracias. Quedaron guardadas 3 fotos en HN-0233. Una persona va a revisar el documento."
    )
    assert marta.recorded == [PapersSent(4, 3)]
    assert marta.ended


def test_one_photo_is_one(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(1)
    marta.hears(f"Recibí 1 foto para HN-0233. {ALL}")
    marta.taps("Sí, es todo")
    marta.hears("Gracias. Quedó guardada 1 foto en HN-0233. Una persona va a revisar el documento.")
    assert marta.recorded == [PapersSent(4, 1)]


def test_more_photos_are_added_up(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(2)
    marta.hears(f"Recibí 2 fotos para HN-0233. {ALL}")
    marta.taps("Faltan más")
    marta.hears(MORE)
    marta.sends_photos(1)
    marta.hears(f"Recibí 1 foto para HN-0233. En total van 3. {ALL}")
    marta.says("listo")
    marta.hears(
        "Gracias. Quedaron guardadas 3 fotos en HN-0233. Una persona va a revisar el documento."
    )
    assert marta.recorded == [PapersSent(4, 3)]


def test_photos_that_come_instead_of_an_answer_are_more_photos(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(2)
    marta.hears(f"Recibí 2 fotos para HN-0233. {ALL}")
    marta.sends_photos(2)
    marta.hears(f"Recibí 2 fotos para HN-0233. En total van 4. {ALL}")
    marta.says("1")
    marta.hears(
        "Gracias. Quedaron guardadas 4 fotos en HN-0233. Una persona va a revisar el documento."
    )
    assert marta.recorded == [PapersSent(4, 4)]


def test_done_with_the_last_photos_needs_no_question(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(2, "listo")
    marta.hears(
        "Gracias. Quedaron guardadas 2 fotos en HN-0233. Una persona va a revisar el documento."
    )
    assert marta.recorded == [PapersSent(4, 2)]


def test_done_later_counts_what_came_before_and_done_without_photos_does_not(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(2)
    marta.hears(f"Recibí 2 fotos para HN-0233. {ALL}")
    marta.taps("Faltan más")
    marta.hears(MORE)
    marta.says("listo")
    marta.hears(
        "Gracias. Quedaron guardadas 2 fotos en HN-0233. Una persona va a revisar el documento."
    )
    assert marta.recorded == [PapersSent(4, 2)]

    empty = asked(stage)
    empty.says("listo")
    empty.hears(f"{LATER}\n1 Lo mando después\n2 No se consigue")
    assert empty.recorded == []


def test_a_document_that_cannot_be_had_is_explained(stage: Stage):
    marta = asked(stage)
    marta.says("NO")
    marta.hears(OBSTACLE)
    marta.taps("No lo quieren dar")
    marta.hears(TRIED)
    marta.says("El 3 de mayo en la alcaldía, el secretario dijo que no")
    marta.hears(EXPLAINED)
    assert marta.recorded == [
        Unobtainable(4, Obstacle.REFUSED, "El 3 de mayo en la alcaldía, el secretario dijo que no")
    ]
    assert marta.ended


def test_words_instead_of_photos_are_kept_whatever_they_lead_to(stage: Stage):
    words = "la escuela dise q se quemo el archivo en 2019, la directora no quiere firmar"
    marta = asked(stage)
    marta.says(words)
    marta.hears(f"{LATER}\n1 Lo mando después\n2 No se consigue")
    marta.taps("No se consigue")
    marta.hears(OBSTACLE)
    marta.taps("Ya no existe")
    marta.hears(TRIED)
    marta.says("fui dos veces")
    marta.hears(EXPLAINED)
    assert marta.recorded == [Unobtainable(4, Obstacle.DESTROYED, f"{words}\nfui dos veces")]


def test_a_document_may_come_later(stage: Stage):
    marta = asked(stage)
    marta.says("mañana voy a la alcaldía por ella")
    marta.hears(f"{LATER}\n1 Lo mando después\n2 No se consigue")
    marta.taps("Lo mando después")
    marta.hears(MORE)
    marta.sends_photos(1)
    marta.hears(f"Recibí 1 foto para HN-0233. {ALL}")


def test_what_there_is_may_be_all(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(2)
    marta.hears(f"Recibí 2 fotos para HN-0233. {ALL}")
    marta.taps("Faltan más")
    marta.hears(MORE)
    marta.says("la otra hoja no aparece por ningún lado")
    marta.hears(f"{LATER}\n1 Lo mando después\n2 Es todo lo que hay")
    marta.taps("Es todo lo que hay")
    marta.hears(
        "Gracias. Quedaron guardadas 2 fotos en HN-0233. Una persona va a revisar el documento."
    )
    assert marta.recorded == [PapersSent(4, 2)]


def test_other_reasons_are_asked_for_or_taken_as_they_come(stage: Stage):
    chosen = asked(stage)
    chosen.says("NO")
    chosen.hears(OBSTACLE)
    chosen.taps("Otro motivo")
    chosen.hears("HN-0233: ¿cuál es el motivo?\n1 No aparece\n2 Es peligroso\n3 Otra cosa")
    chosen.taps("Es peligroso")
    chosen.hears(TRIED)
    chosen.says("la pandilla cobra por entrar")
    chosen.hears(EXPLAINED)
    assert chosen.recorded == [Unobtainable(4, Obstacle.UNSAFE, "la pandilla cobra por entrar")]

    written = asked(stage)
    written.says("NO")
    written.hears(OBSTACLE)
    written.says("falta la firma del alcalde")
    written.hears(TRIED)
    written.says("fui el lunes")
    written.hears(EXPLAINED)
    assert written.recorded == [
        Unobtainable(4, Obstacle.OTHER, "falta la firma del alcalde\nfui el lunes")
    ]


def test_a_country_calls_a_paper_by_its_own_name(stage: Stage):
    alias = "copia de folio del libro de nacimientos"
    marta = stage.plays("papers", PapersGiven(4, "HN-0233", DocumentType.BIRTH_CERTIFICATE, alias))
    marta.hears(
        f"HN-0233: mande fotos de este documento: {alias}."
        " Todas las páginas, por los dos lados. Si no se consigue, escriba NO."
    )


def test_stored_photos_cannot_be_unsent(stage: Stage):
    marta = asked(stage)
    marta.sends_photos(2)
    marta.hears(f"Recibí 2 fotos para HN-0233. {ALL}")
    marta.says("atrás")
    marta.hears("Eso ya no se puede deshacer aquí. Si algo está mal, escriba PERSONA.")
    marta.says("1")
    marta.hears(
        "Gracias. Quedaron guardadas 2 fotos en HN-0233. Una persona va a revisar el documento."
    )


def test_the_same_document_in_english(stage: Stage):
    ana = stage.plays("papers", GIVEN, "eng")
    ana.hears(
        "HN-0233: send photos of this paper: birth certificate."
        " All pages, both sides. If it cannot be had, write NO."
    )
    ana.sends_photos(2)
    ana.hears("I received 2 photos for HN-0233. Is that all?\n1 Yes, that is all\n2 More to come")
    ana.says("yes")
    ana.hears("Thank you. 2 photos are kept in HN-0233. A person will look at the document.")
    assert ana.recorded == [PapersSent(4, 2)]
