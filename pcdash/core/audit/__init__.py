"""How far one answer about one cloud can be trusted, found out by asking the model again.

Nothing here knows what kind of model answers: all of it goes through its probabilities::

    perturbations   what the turntable does to a cloud
    turntable       does the answer hold in other poses, units, places and samplings?
    patches         a cloud in parts of one size, each in two independent halves
    blame           which parts carry the answer, and is that picture faithful?
"""
