# Syncmedic: opens the password channel of one forest.
#
# The hashes of that forest's in-scope users are then uploaded and overwrite their cloud passwords. Reads the state
# again just before the change, and changes nothing if it is not the expected one. Prints exactly one JSON object.
# Windows PowerShell 5.1.

[CmdletBinding()]
param(
    # The forest's connector, by its identifier.
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')]
    [string] $Connector,

    # The Entra connector's identifier.
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')]
    [string] $EntraConnector,

    [Parameter(Mandatory = $true)]
    [ValidateSet('False')]
    [string] $ExpectedChannel,

    [Parameter(Mandatory = $true)]
    [ValidateSet('False')]
    [string] $ExpectedStaging
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
$ProgressPreference = 'SilentlyContinue'
$ConfirmPreference = 'None'
# A service has no console to set; the output is plain ASCII anyway.
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false) } catch { $null = $_ }

# One line of plain ASCII, so that no code page can garble it.
function Write-Json($Object) {
    $json = $Object | ConvertTo-Json -Compress -Depth 6
    [regex]::Replace($json, '[^\x20-\x7E]', { param($match) '\u{0:x4}' -f [int] [char] $match.Value })
}

$EntraSubType = 'Windows Azure Active Directory (Microsoft)'
$EntraIdentifier = 'b891884f-051e-4a83-95af-2544101c9083'

function Write-Failure([string] $Code, [string] $Message) {
    $line = ($Message -split "`r?`n")[0]
    Write-Json @{ ok = $false; code = $Code; message = $line }
    exit 0
}

function Test-Entra($Candidate) {
    if ("$($Candidate.Identifier)".Trim('{', '}') -eq $EntraIdentifier) { return $true }
    $subType = $Candidate.PSObject.Properties['SubType']
    return ("$($Candidate.Type)" -eq 'Extensible2' -and $null -ne $subType -and "$($subType.Value)" -eq $EntraSubType)
}

function Test-Forest($Candidate) {
    if ("$($Candidate.Type)" -eq 'AD') { return $true }
    $typeName = $Candidate.PSObject.Properties['ConnectorTypeName']
    return ($null -ne $typeName -and "$($typeName.Value)" -eq 'AD')
}

$stage = 'module-missing'
try {
    Import-Module ADSync 6> $null

    $stage = 'state-unreadable'
    $all = @(Get-ADSyncConnector)
    $entra = @($all | Where-Object { Test-Entra $_ })
    if ($entra.Count -ne 1) {
        Write-Failure 'state-moved' "expected exactly one Entra connector, found $($entra.Count)"
    }
    if ("$($entra[0].Identifier)".Trim('{', '}') -ne $EntraConnector) {
        Write-Failure 'state-moved' 'the Entra connector is not the one of the plan'
    }
    $forest = @($all | Where-Object { "$($_.Identifier)".Trim('{', '}') -eq $Connector -and (Test-Forest $_) })
    if ($forest.Count -ne 1) {
        Write-Failure 'state-moved' 'the server has no AD connector of that identifier'
    }

    $scheduler = Get-ADSyncScheduler
    if ("$($scheduler.StagingModeEnabled)" -ne $ExpectedStaging) {
        Write-Failure 'state-moved' 'staging mode is not as in the plan'
    }
    if ("$($scheduler.SyncCycleInProgress)" -ne 'False') {
        Write-Failure 'cycle-running' 'a synchronization cycle has begun'
    }
    # The cmdlets compare names case-sensitively: the names as the server has them.
    $source = [string] $forest[0].Name
    $target = [string] $entra[0].Name
    $before = Get-ADSyncAADPasswordSyncConfiguration -SourceConnector $source
    if ("$($before.Enabled)" -ne $ExpectedChannel) {
        Write-Failure 'state-moved' 'the channel is not as in the plan'
    }

    $stage = 'cmdlet-failed'
    $null = Set-ADSyncAADPasswordSyncConfiguration -SourceConnector $source -TargetConnector $target -Enable $true 6> $null

    $stage = 'not-read-back'
    $after = Get-ADSyncAADPasswordSyncConfiguration -SourceConnector $source
    if ("$($after.Enabled)" -ne 'True') {
        Write-Failure 'channel-still-off' 'the cmdlet reported no error, and the channel is still off'
    }
    Write-Json @{ ok = $true; connector = $Connector; channel_before = $false; channel = $true }
} catch {
    Write-Failure $stage $_.Exception.Message
}
exit 0
