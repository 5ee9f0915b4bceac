-- Only for the generator: at run time `syncd migrate` creates the schema before the first migration.
CREATE SCHEMA syncd;
