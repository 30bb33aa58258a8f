"""What the pipeline is made of: the request, derivatives of structured functions, the program.

{request, kinds} <- structured <- signature <- {program, gradients, jacobians, products}
"""
