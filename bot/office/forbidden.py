"""Words that no text holds to somebody whom no human has verified, in the languages we write.

Whoever holds the phone may read it: a child, a place, a removal or the law, named here, can get
somebody found. Written without accents; each entry matches whole words, in this order.
"""

CHILD = """
hijo hija hijos hijas hijito hijita nino nina ninos ninas nene nena bebe menor menores adolescente
adolescentes muchachito muchachita criatura chiquito chiquita papa mama padre madre padres familia
familiar familiares pariente parientes hermano hermana sobrino sobrina nieto nieta
child children daughter daughters kid kids minor minors baby toddler teenager mother father parent
parents family relative relatives brother sister nephew niece grandchild stepchild
"""

PLACE = """
albergue albergues refugio refugios orfanato centro_de_detencion patrocinador patrocinadora frontera
estados_unidos ee_uu eeuu usa norteamerica el_norte
shelter shelters orphanage foster detention_center sponsor sponsors border united_states america
"""

REMOVAL = """
deportado deportada deportados deportadas deportacion deportaciones deportar deportaron deporto
expulsado expulsada expulsion separado separada separados separacion reunificacion reunificar
detenido detenida detencion ice i_c_e migra migracion migratorio migratoria inmigracion migrante
migrantes remocion indocumentado indocumentada
deported deportation deportations deport removal removed expelled expulsion separated separation
reunification reunify reunited detained detention immigration migration migrant migrants
undocumented
"""

LAW = """
asilo asilado demanda demandas custodia patria_potestad tribunal tribunales juzgado corte juez
jueza juicio audiencia abogado abogada abogados abogadas legal legales parole visa
expediente testimonio testigo declaracion_jurada class_member miembro_de_la_clase
asylum lawsuit custody court courts judge attorney attorneys lawyer lawyers settlement
testimony witness affidavit
"""

ENGLISH_ONLY = "son sons"
"""A Spanish reader is often asked «¿son todas?»."""

JOINING = """
de del la las lo los el da do dos das the don dona senor senora
aldea caserio paraje canton comunidad barrio colonia finca municipio departamento village town
"""
"""Words inside names and places that name nothing by themselves."""

BETWEEN = """
en su sus con por para al un una unos unas y o e que es esta estan vive viven cerca junto frente
atras detras adelante casa calle hasta desde donde como muy mas no si ya aqui alli ahi este esa ese
in at on with by near next behind house lives live his her their and or is to from where not
"""
"""Words between the names of a place, as people tell it in their own words."""
