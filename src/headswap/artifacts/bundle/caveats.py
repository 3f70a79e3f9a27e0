"""What every card of a model says of its use and its figures.

Source: Mitchell and others (2019), "Model Cards for Model Reporting".
"""

ANYTHING_ELSE = "A picture of anything else gets one of these classes too."
UNSEEN = "Test pictures were not used to fit or to choose anything."
FIRST_ROUND = (
    "Figures over several rounds are means; the model is that of the first round."
)
