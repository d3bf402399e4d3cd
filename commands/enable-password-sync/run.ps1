# Syncmedic: switches the tenant's password hash sync flag on in the cloud.
#
# The hashes of all in-scope users are then uploaded and overwrite their cloud passwords. Reads the state again just
# before the change, and changes nothing if it is not the expected one. Prints exactly one JSON object.
# Windows PowerShell 5.1.

[CmdletBinding()]
param(
    # The Entra connector's identifier.
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')]
    [string] $EntraConnector,

    [Parameter(Mandatory = $true)]
    [ValidateSet('False')]
    [string] $ExpectedCloudFlag,

    [Parameter(Mandatory = $true)]
    [ValidateSet('False')]
    [string] $ExpectedStaging,

    # Whether an operator is at the keyboard, who can sign in.
    [Parameter(Mandatory = $true)]
    [ValidateSet('True', 'False')]
    [string] $Attended,

    # What the operator signs in with. Never given by the bot.
    [ValidatePattern('^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$')]
    [string] $AADUsername
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

function Test-Entra($Connector) {
    if ("$($Connector.Identifier)".Trim('{', '}') -eq $EntraIdentifier) { return $true }
    $subType = $Connector.PSObject.Properties['SubType']
    return ("$($Connector.Type)" -eq 'Extensible2' -and $null -ne $subType -and "$($subType.Value)" -eq $EntraSubType)
}

function Get-CloudFlag([string] $ConnectorName) {
    $read = Get-Command -Name 'Get-ADSyncAADCompanyFeature'
    if ($read.Parameters.Keys -contains 'ConnectorName') {
        return [string] (Get-ADSyncAADCompanyFeature -ConnectorName $ConnectorName).PasswordHashSync
    }
    return [string] (Get-ADSyncAADCompanyFeature).PasswordHashSync
}

$stage = 'module-missing'
try {
    Import-Module ADSync 6> $null

    $stage = 'cmdlet-missing'
    $set = Get-Command -Name 'Set-ADSyncAADPasswordSyncState'
    $takesUser = $set.Parameters.Keys -contains 'AADUsername'

    $stage = 'state-unreadable'
    # Other connectors are of the same type: only the sub-type or the documented identifier tells this one.
    $entra = @(Get-ADSyncConnector | Where-Object { Test-Entra $_ })
    if ($entra.Count -ne 1) {
        Write-Failure 'state-moved' "expected exactly one Entra connector, found $($entra.Count)"
    }
    if ("$($entra[0].Identifier)".Trim('{', '}') -ne $EntraConnector) {
        Write-Failure 'state-moved' 'the Entra connector is not the one of the plan'
    }
    if ($takesUser -and $Attended -ne 'True') {
        Write-Failure 'needs-a-person' 'on this build Set-ADSyncAADPasswordSyncState asks a person to sign in'
    }
    $mandatory = $false
    if ($takesUser) {
        foreach ($attribute in $set.Parameters['AADUsername'].Attributes) {
            if ($attribute -is [System.Management.Automation.ParameterAttribute] -and $attribute.Mandatory) {
                $mandatory = $true
            }
        }
    }
    if ($mandatory -and -not $AADUsername) {
        Write-Failure 'needs-a-person' 'on this build the cmdlet must be told who signs in: give --aad-username'
    }
    if ($AADUsername -and -not $takesUser) {
        Write-Failure 'argument-unknown' 'on this build the cmdlet takes no user name: leave --aad-username out'
    }

    $scheduler = Get-ADSyncScheduler
    if ("$($scheduler.StagingModeEnabled)" -ne $ExpectedStaging) {
        Write-Failure 'state-moved' 'staging mode is not as in the plan'
    }
    if ("$($scheduler.SyncCycleInProgress)" -ne 'False') {
        Write-Failure 'cycle-running' 'a synchronization cycle has begun'
    }
    if ((Get-CloudFlag $entra[0].Name) -ne $ExpectedCloudFlag) {
        Write-Failure 'state-moved' 'the cloud flag is not as in the plan'
    }

    $stage = 'cmdlet-failed'
    if ($AADUsername) {
        $null = Set-ADSyncAADPasswordSyncState -ConnectorName $entra[0].Name -Enable $true -AADUsername $AADUsername 6> $null
    } else {
        $null = Set-ADSyncAADPasswordSyncState -ConnectorName $entra[0].Name -Enable $true 6> $null
    }

    $stage = 'not-read-back'
    $after = Get-CloudFlag $entra[0].Name
    if ($after -ne 'True') {
        Write-Failure 'flag-still-off' 'the cmdlet reported no error, and the cloud flag is still off'
    }
    Write-Json @{ ok = $true; cloud_flag_before = $false; cloud_flag = $true }
} catch {
    Write-Failure $stage $_.Exception.Message
}
exit 0
