@{
    RootModule = 'ADSync.psm1'
    ModuleVersion = '1.0.0.0'
    GUID = '7d4c9a52-43a5-4f0e-9a0d-6f5b0c1b6a11'
    Author = 'Syncmedic'
    Description = 'A stand-in for Microsoft''s ADSync module, for tests. It never touches a server.'
    PowerShellVersion = '5.1'
    FunctionsToExport = '*'
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
