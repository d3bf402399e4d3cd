# Syncmedic: reads ADSync's state. Changes nothing.
#
# Prints exactly one JSON object. Every value is read by itself: what can't be read is null, and "unknown" says
# why. Names of users and distinguished names are never printed. Windows PowerShell 5.1.

[CmdletBinding()]
param()

$ProgressPreference = 'SilentlyContinue'
# The output is plain ASCII anyway; this is for PowerShell's own complaints. Where there is no console it fails.
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false) } catch { $null = $_ }

# One line of plain ASCII, so that no code page can garble it.
function Write-Json($Object) {
    $json = ConvertTo-Json -InputObject $Object -Compress -Depth 6
    $ascii = foreach ($char in $json.ToCharArray()) {
        $code = [int] $char
        if ($code -lt 32 -or $code -gt 126) { '\u{0:x4}' -f $code } else { $char }
    }
    -join $ascii
}

$answer = @{ ok = $true; unknown = @() }
$late = @{}

# A scope of its own, from which Microsoft's modules inherit neither strict mode nor preferences. Only $answer leaves
# it: what cmdlets say besides their results is dropped, since nothing but the one object may be printed.
$null = & {
    Set-StrictMode -Version 2.0
    $ErrorActionPreference = 'Stop'

    # The documented identifier of the Entra connector, and its sub-type as Microsoft's own script knows it.
    $EntraIdentifier = 'b891884f-051e-4a83-95af-2544101c9083'
    $EntraSubType = 'Windows Azure Active Directory (Microsoft)'

    function Add-Unknown([string] $What, [string] $Why) {
        $line = ($Why -split "`r?`n")[0]
        if ($line.Length -gt 300) { $line = $line.Substring(0, 300) }
        $answer.unknown += @{ what = $What; why = $line }
    }

    # Runs one read; null and a reason if it fails.
    function Read-Value([string] $What, [scriptblock] $Read) {
        try {
            $value = & $Read
            if ($null -eq $value) { Add-Unknown $What 'the cmdlet gave no value' }
            return $value
        } catch {
            Add-Unknown $What $_.Exception.Message
            return $null
        }
    }

    # Runs one read of a list; its items are null, with a reason, if it fails. In a table, since PowerShell takes a
    # returned list apart, and one that is empty would come out as null.
    function Read-List([string] $What, [scriptblock] $Read) {
        try {
            return @{ items = @(& $Read | Where-Object { $null -ne $_ }) }
        } catch {
            Add-Unknown $What $_.Exception.Message
            return @{ items = $null }
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
        if ($null -eq $Object) { throw "the cmdlet that gives $Name gave nothing" }
        $value = Get-Property $Object $Name
        if ($value -is [bool]) { return $value }
        if ("$value" -eq 'True') { return $true }
        if ("$value" -eq 'False') { return $false }
        throw "$Name is not True or False on this build"
    }

    # An identifier as text: a Guid on some builds, a text on others, in braces or not.
    function Get-Id($Object, [string] $Name) {
        return "$(Get-Property $Object $Name)".Trim('{', '}').ToLowerInvariant()
    }

    function Test-Parameter([string] $Cmdlet, [string] $Parameter) {
        return ((Get-Command -Name $Cmdlet -ErrorAction Stop).Parameters.Keys -contains $Parameter)
    }

    # ISO 8601 in UTC. ADSync's own timestamps are UTC whether they say so or not; one that was never set is null.
    function Format-Utc($Value) {
        if ($null -eq $Value) { return $null }
        $time = [datetime] $Value
        if ($time.Year -lt 2000) { return $null }
        if ("$($time.Kind)" -eq 'Local') { $time = $time.ToUniversalTime() }
        return $time.ToString('yyyy-MM-ddTHH:mm:ss', [Globalization.CultureInfo]::InvariantCulture) + 'Z'
    }

    function Get-Kind($Connector) {
        $type = "$(Get-Property $Connector 'Type')"
        if ((Get-Id $Connector 'Identifier') -eq $EntraIdentifier) { return 'entra' }
        if ($type -eq 'Extensible2' -and "$(Get-Property $Connector 'SubType')" -eq $EntraSubType) { return 'entra' }
        if ($type -eq 'AD' -or "$(Get-Property $Connector 'ConnectorTypeName')" -eq 'AD') { return 'ad' }
        return 'other'
    }

    try {
        Import-Module -Name ADSync -ErrorAction Stop
    } catch {
        $message = ($_.Exception.Message -split "`r?`n")[0]
        $answer.Clear()
        $answer.ok = $false
        $answer.code = 'module-missing'
        $answer.message = "the ADSync module can't be loaded: $message"
        return
    }

    $scheduler = Read-Value 'scheduler' { Get-ADSyncScheduler -ErrorAction Stop }
    $answer.staging = Read-Value 'staging' { Get-Flag $scheduler 'StagingModeEnabled' }
    $answer.scheduler_suspended = Read-Value 'scheduler_suspended' { Get-Flag $scheduler 'SchedulerSuspended' }
    $answer.cycle_running = Read-Value 'cycle_running' {
        if (Get-Flag $scheduler 'SyncCycleInProgress') { return $true }
        # Idle connectors give nothing; a busy one blocks changes as a cycle does. Old builds have no such cmdlet.
        if ($null -ne (Get-Command -Name 'Get-ADSyncConnectorRunStatus' -ErrorAction SilentlyContinue)) {
            $busy = @(Get-ADSyncConnectorRunStatus -ErrorAction Stop | Where-Object { $null -ne $_ })
            if ($busy.Count -gt 0) { return $true }
        }
        return $false
    }

    # All of them, since a name that is not there and a list that can't be read would both be no process.
    $answer.wizard_open = Read-Value 'wizard_open' {
        $open = @(Get-Process -ErrorAction Stop | Where-Object { $_.ProcessName -eq 'AzureADConnect' })
        return ($open.Count -gt 0)
    }

    $answer.sign_in_method = Read-Value 'sign_in_method' {
        $settings = Get-ADSyncGlobalSettings -ErrorAction Stop
        foreach ($parameter in @(Get-Property $settings 'Parameters')) {
            if ("$(Get-Property $parameter 'Name')" -eq 'Microsoft.UserSignIn.SignOnMethod') {
                return "$(Get-Property $parameter 'Value')"
            }
        }
        throw 'the setting Microsoft.UserSignIn.SignOnMethod does not exist on this build'
    }

    $found = Read-List 'connectors' { Get-ADSyncConnector -ErrorAction Stop }

    $partitions = Read-List 'partitions' { Get-ADSyncPartitionPasswordSyncState -ErrorAction Stop }

    # The newest time of that name among the partitions of a connector. The row named "default" is of no partition.
    function Get-Newest([string] $Id, [string] $Name) {
        $newest = $null
        foreach ($partition in $partitions.items) {
            if ((Get-Id $partition 'ConnectorId') -ne $Id) { continue }
            if ("$(Get-Property $partition 'DN')" -eq 'default') { continue }
            $time = Format-Utc (Get-Property $partition $Name)
            if ($null -ne $time -and ($null -eq $newest -or $time -gt $newest)) { $newest = $time }
        }
        return $newest
    }

    # Never set is no fault: null without a reason. A time that can't be read has one.
    function Read-Newest([string] $Id, [string] $Name) {
        try {
            return (Get-Newest $Id $Name)
        } catch {
            Add-Unknown "$Name $Id" $_.Exception.Message
            return $null
        }
    }

    $answer.connectors = $null
    if ($null -ne $found.items) {
        $answer.connectors = @()
        foreach ($connector in $found.items) {
            $id = Get-Id $connector 'Identifier'
            $entry = @{ id = $id; name = "$(Get-Property $connector 'Name')"; kind = Get-Kind $connector }
            if ($entry.kind -eq 'ad') {
                $entry.channel = Read-Value "channel $id" {
                    $channel = Get-ADSyncAADPasswordSyncConfiguration -SourceConnector $entry.name -ErrorAction Stop
                    Get-Flag $channel 'Enabled'
                }
                $entry.last_cycle = Read-Newest $id 'PasswordSyncLastCycleEndTimestamp'
                $entry.last_success = Read-Newest $id 'PasswordSyncLastSuccessfulCycleEndTimestamp'
            }
            $answer.connectors += $entry
        }
    }

    # Last, and bounded by itself: whether this cmdlet asks a person to sign in on some builds is not known, and a window
    # that nobody sees must cost its own value only.
    $answer.cloud_flag = Read-Value 'cloud_flag' {
        $asked = @{ ErrorAction = 'Stop' }
        # Older builds ask for the connector's name.
        if (Test-Parameter 'Get-ADSyncAADCompanyFeature' 'ConnectorName') {
            $entra = @($found.items | Where-Object { $null -ne $_ -and (Get-Kind $_) -eq 'entra' })
            if ($entra.Count -ne 1) { throw "expected exactly one Entra connector, found $($entra.Count)" }
            $asked.ConnectorName = [string] $entra[0].Name
        }
        $shell = [powershell]::Create()
        $null = $shell.AddCommand('Import-Module').AddParameter('Name', 'ADSync').AddParameter('ErrorAction', 'Stop')
        $null = $shell.AddStatement().AddCommand('Get-ADSyncAADCompanyFeature').AddParameters($asked)
        $run = $shell.BeginInvoke()
        if (-not $run.AsyncWaitHandle.WaitOne(20000)) {
            $late.asks = $true
            throw 'the cmdlet did not answer within 20 s; it may be asking a person to sign in'
        }
        $features = @($shell.EndInvoke($run) | Where-Object { $null -ne $_ })
        if ($features.Count -ne 1) { throw "expected one answer from the cmdlet, found $($features.Count)" }
        Get-Flag $features[0] 'PasswordHashSync'
    }
} 3> $null 4> $null 5> $null 6> $null

Write-Json $answer
# A window that still waits for a person would keep the process from ending.
if ($late.Count -gt 0) { [Environment]::Exit(0) }
exit 0
