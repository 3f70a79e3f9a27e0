"""What every card of a model says of its use and its figures.

Source: Mitchell and others (2019), "Model Cards for Model Reporting".
"""

ANYTHING_ELSE = (
    "A picture of anything else gets one of these classes too. Where `unlike` is yes, "
    "it is unlike the pictures of training; no is no promise, above all of a new class "
    "of the same kind."
)
UNSEEN = "In no round were its test pictures used to fit or to choose anything."
# What figures are about, by `train.final`.
FIGURES_OF = {
    "first": "Figures over several rounds are means; the model is that of the first "
    "round.",
    "all": "The model was fitted to every picture, those of test too, with the "
    "strengths that the rounds agree on, so no picture is left that could judge it. "
    "The figures are those of the rounds: of models fitted in the same way to fewer "
    "pictures, none of them test pictures.",
}
