# Syncmedic: reads ADSync's state. Changes nothing.
#
# Prints exactly one JSON object. Every value is read by itself: what can't be read is null, and "unknown" says
# why. Names of users and distinguished names are never printed. Windows PowerShell 5.1.

[CmdletBinding()]
param()

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
$ProgressPreference = 'SilentlyContinue'
# A service has no console to set; the output is plain ASCII anyway.
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false) } catch { $null = $_ }

# One line of plain ASCII, so that no code page can garble it.
function Write-Json($Object) {
    $json = $Object | ConvertTo-Json -Compress -Depth 6
    [regex]::Replace($json, '[^\x20-\x7E]', { param($match) '\u{0:x4}' -f [int] [char] $match.Value })
}

# The documented identifier of the Entra connector, and its sub-type as Microsoft's own script knows it.
$EntraIdentifier = 'b891884f-051e-4a83-95af-2544101c9083'
$EntraSubType = 'Windows Azure Active Directory (Microsoft)'

$unknown = New-Object System.Collections.ArrayList

function Add-Unknown([string] $What, [string] $Why) {
    $line = ($Why -split "`r?`n")[0]
    if ($line.Length -gt 300) { $line = $line.Substring(0, 300) }
    [void] $unknown.Add(@{ what = $What; why = $line })
}

# Runs one read; null and a reason if it fails.
function Read-Value([string] $What, [scriptblock] $Read) {
    try {
        $value = & $Read 6> $null
        if ($null -eq $value) { Add-Unknown $What 'the cmdlet gave no value' }
        return $value
    } catch {
        Add-Unknown $What $_.Exception.Message
        return $null
    }
}

# A property's value, or null where this build's object has no such property.
function Get-Property($Object, [string] $Name) {
    if ($null -eq $Object) { return $null }
    $property = $Object.PSObject.Properties[$Name]
    if ($null -eq $property) { return $null }
    return $property.Value
}

function Get-Flag($Object, [string] $Name) {
    if ($null -eq $Object) { throw "the cmdlet that gives $Name could not be read" }
    $value = Get-Property $Object $Name
    if ($value -is [bool]) { return $value }
    if ("$value" -eq 'True') { return $true }
    if ("$value" -eq 'False') { return $false }
    throw "$Name is not True or False on this build"
}

function Test-Parameter([string] $Cmdlet, [string] $Parameter) {
    return (Get-Command -Name $Cmdlet -ErrorAction Stop).Parameters.Keys -contains $Parameter
}

# ISO 8601 in UTC. ADSync's own timestamps are UTC whether they say so or not; one that was never set is null.
function Format-Utc($Value) {
    if ($null -eq $Value) { return $null }
    $time = [datetime] $Value
    if ($time.Year -lt 2000) { return $null }
    if ($time.Kind -eq [DateTimeKind]::Local) { $time = $time.ToUniversalTime() }
    return $time.ToString('yyyy-MM-ddTHH:mm:ss', [Globalization.CultureInfo]::InvariantCulture) + 'Z'
}

function Get-Kind($Connector) {
    $type = "$(Get-Property $Connector 'Type')"
    $subType = "$(Get-Property $Connector 'SubType')"
    $identifier = "$(Get-Property $Connector 'Identifier')".Trim('{', '}').ToLowerInvariant()
    if ($identifier -eq $EntraIdentifier) { return 'entra' }
    if ($type -eq 'Extensible2' -and $subType -eq $EntraSubType) { return 'entra' }
    if ($type -eq 'AD' -or "$(Get-Property $Connector 'ConnectorTypeName')" -eq 'AD') { return 'ad' }
    return 'other'
}

try {
    Import-Module ADSync 6> $null
} catch {
    $message = ($_.Exception.Message -split "`r?`n")[0]
    Write-Json @{ ok = $false; code = 'module-missing'; message = "the ADSync module can't be loaded: $message" }
    exit 0
}

$scheduler = Read-Value 'scheduler' { Get-ADSyncScheduler }
$staging = Read-Value 'staging' { Get-Flag $scheduler 'StagingModeEnabled' }
$cycleRunning = Read-Value 'cycle_running' {
    if (Get-Flag $scheduler 'SyncCycleInProgress') { return $true }
    # Idle connectors give nothing; a busy one blocks changes as a cycle does. Old builds have no such cmdlet.
    if ($null -ne (Get-Command -Name 'Get-ADSyncConnectorRunStatus' -ErrorAction SilentlyContinue)) {
        if (@(Get-ADSyncConnectorRunStatus).Count -gt 0) { return $true }
    }
    return $false
}
$schedulerSuspended = Read-Value 'scheduler_suspended' { Get-Flag $scheduler 'SchedulerSuspended' }

$wizardOpen = Read-Value 'wizard_open' {
    return (@(Get-Process -Name 'AzureADConnect' -ErrorAction SilentlyContinue).Count -gt 0)
}

$signInMethod = Read-Value 'sign_in_method' {
    $settings = Get-ADSyncGlobalSettings
    foreach ($parameter in @($settings.Parameters)) {
        if ($parameter.Name -eq 'Microsoft.UserSignIn.SignOnMethod') { return [string] $parameter.Value }
    }
    throw 'the setting Microsoft.UserSignIn.SignOnMethod does not exist on this build'
}

$found = Read-Value 'connectors' { , @(Get-ADSyncConnector) }
$entra = @($found | Where-Object { $null -ne $_ -and (Get-Kind $_) -eq 'entra' })

$cloudFlag = Read-Value 'cloud_flag' {
    # Older builds ask for the connector's name.
    if (Test-Parameter 'Get-ADSyncAADCompanyFeature' 'ConnectorName') {
        if ($entra.Count -ne 1) { throw "expected exactly one Entra connector, found $($entra.Count)" }
        return (Get-Flag (Get-ADSyncAADCompanyFeature -ConnectorName $entra[0].Name) 'PasswordHashSync')
    }
    return (Get-Flag (Get-ADSyncAADCompanyFeature) 'PasswordHashSync')
}

# The row named "default" is of no partition.
$partitions = Read-Value 'partitions' {
    , @(Get-ADSyncPartitionPasswordSyncState | Where-Object { "$(Get-Property $_ 'DN')" -ne 'default' })
}

$connectors = $null
if ($null -ne $found) {
    $connectors = @(foreach ($connector in @($found)) {
        if ($null -eq $connector) { continue }
        $id = "$($connector.Identifier)".Trim('{', '}').ToLowerInvariant()
        $kind = Get-Kind $connector
        $entry = @{ id = $id; name = [string] $connector.Name; kind = $kind }
        if ($kind -eq 'ad') {
            $entry.channel = Read-Value "channel $id" {
                Get-Flag (Get-ADSyncAADPasswordSyncConfiguration -SourceConnector $connector.Name) 'Enabled'
            }
            $cycle = $null
            $success = $null
            foreach ($partition in @($partitions)) {
                if ($null -eq $partition) { continue }
                $owner = "$(Get-Property $partition 'ConnectorId')".Trim('{', '}').ToLowerInvariant()
                if ($owner -ne $id) { continue }
                $end = Format-Utc (Get-Property $partition 'PasswordSyncLastCycleEndTimestamp')
                if ($null -ne $end -and ($null -eq $cycle -or $end -gt $cycle)) { $cycle = $end }
                $end = Format-Utc (Get-Property $partition 'PasswordSyncLastSuccessfulCycleEndTimestamp')
                if ($null -ne $end -and ($null -eq $success -or $end -gt $success)) { $success = $end }
            }
            $entry.last_cycle = $cycle
            $entry.last_success = $success
        }
        $entry
    })
}

$result = @{
    ok = $true
    cloud_flag = $cloudFlag
    staging = $staging
    cycle_running = $cycleRunning
    scheduler_suspended = $schedulerSuspended
    wizard_open = $wizardOpen
    sign_in_method = $signInMethod
    connectors = $connectors
    unknown = @($unknown.ToArray())
}
Write-Json $result
exit 0
