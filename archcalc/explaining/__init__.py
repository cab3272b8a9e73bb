"""How every number of a layer comes about: the formula, the numbers put in, the result, and the source.

Nothing here knows a formula. A layer is asked again on sizes that remember (``archcalc.sizes``): each number
then knows which function made it and from what, and the function is called once more with its parameters as
names. So the text is that of the code that calculates, and its value the one in every table.
"""
