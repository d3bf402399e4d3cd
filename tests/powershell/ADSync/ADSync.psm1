# A stand-in for Microsoft's ADSync module, for tests: the cmdlets that Syncmedic's scripts call, with their documented
# parameters and outputs. It never touches a server: how the server is, stands in state.json beside this file, and what
# was changed is written to calls.log there. Windows PowerShell 5.1 and PowerShell 7.
#
# Unlike Microsoft's, these are functions of a script module. That is the harder case: such a module sees the global
# scope's strict mode and preferences, and not its caller's, so the scripts must rely on neither.

$StateFile = Join-Path -Path $PSScriptRoot -ChildPath 'state.json'
$CallsFile = Join-Path -Path $PSScriptRoot -ChildPath 'calls.log'

# Values of this kind come as numbers out of ConvertTo-Json: the scripts must turn them into text themselves.
enum ConnectorType {
    Unknown
    AD
    Extensible2
    Sql
}

enum CycleStatus {
    Unknown
    Successful
}

function Read-Site {
    Get-Content -LiteralPath $StateFile -Raw -Encoding UTF8 | ConvertFrom-Json
}

function Write-Site($Site) {
    ConvertTo-Json -InputObject $Site -Depth 8 | Set-Content -LiteralPath $StateFile -Encoding UTF8
}

function Write-Call([string] $Line) {
    Add-Content -LiteralPath $CallsFile -Value $Line -Encoding UTF8
}

# Does what the site says is wrong with a cmdlet. True if the cmdlet is to give nothing more.
function Test-Fault([string] $Name) {
    # Sloppy on purpose: in strict mode a variable that was never set would be an error here.
    if ($NeverSet) { return $true }
    $fault = (Read-Site).faults.PSObject.Properties[$Name]
    if ($null -eq $fault) { return $false }
    switch ($fault.Value) {
        'throws' { throw "$Name failed on DC01.corp.contoso.com`r`nand said more in a second line" }
        'error' {
            Write-Error -Message "$Name could not read its answer on DC01.corp.contoso.com"
            return $true
        }
        'nothing' { return $true }
        'hangs' { Start-Sleep -Seconds 600 }
        'asks' {
            $null = Read-Host -Prompt 'Who are you'
            return $true
        }
        'noisy' {
            Write-Host "$Name says this on the host"
            Write-Warning "$Name warns"
            Write-Verbose "$Name is verbose" -Verbose
            Write-Information "$Name informs" -InformationAction Continue
            return $false
        }
        default { throw "the test's site names a fault that the stand-in does not know: $($fault.Value)" }
    }
}

function Get-ADSyncScheduler {
    [CmdletBinding()]
    param()
    if (Test-Fault 'Get-ADSyncScheduler') { return }
    $site = Read-Site
    [pscustomobject] @{
        AllowedSyncCycleInterval = [timespan] '00:30:00'
        CurrentlyEffectiveSyncCycleInterval = [timespan] '00:30:00'
        CustomizedSyncCycleInterval = $null
        NextSyncCyclePolicyType = 'Delta'
        NextSyncCycleStartTimeInUTC = [datetime] '2026-11-22T02:30:00'
        PurgeRunHistoryInterval = [timespan] '7.00:00:00'
        SyncCycleEnabled = $true
        MaintenanceEnabled = $true
        StagingModeEnabled = [bool] $site.staging
        SchedulerSuspended = [bool] $site.suspended
        SyncCycleInProgress = [bool] $site.cycle
    }
}

function Get-ADSyncConnector {
    [CmdletBinding()]
    param([string] $Name)
    if (Test-Fault 'Get-ADSyncConnector') { return }
    foreach ($connector in @((Read-Site).connectors)) {
        if ($Name -and $connector.name -cne $Name) { continue }
        $answer = [pscustomobject] @{
            Name = [string] $connector.name
            Identifier = [guid] $connector.id
            Type = [ConnectorType] $connector.type
            ConnectorTypeName = [string] $connector.type
            Version = 12
            CreationTime = [datetime] '2024-01-02T03:04:05'
            LastModificationTime = [datetime] '2024-01-02T03:04:05'
            Partitions = @()
            RunProfiles = @()
        }
        # A sub-type is the Entra connector's; others have none on some builds.
        if ($connector.subType) {
            Add-Member -InputObject $answer -MemberType NoteProperty -Name 'SubType' -Value ([string] $connector.subType)
        }
        $answer
    }
}

function Get-ADSyncConnectorRunStatus {
    [CmdletBinding()]
    param()
    if (Test-Fault 'Get-ADSyncConnectorRunStatus') { return }
    foreach ($name in @((Read-Site).busy)) {
        [pscustomobject] @{ RunState = 'Busy'; ConnectorName = [string] $name }
    }
}

function Get-ADSyncGlobalSettings {
    [CmdletBinding()]
    param()
    if (Test-Fault 'Get-ADSyncGlobalSettings') { return }
    $parameters = @([pscustomobject] @{ Name = 'Microsoft.Synchronize.StagingMode'; Value = 'False' })
    $method = (Read-Site).signInMethod
    if ($method) {
        $parameters += [pscustomobject] @{ Name = 'Microsoft.UserSignIn.SignOnMethod'; Value = [string] $method }
    }
    [pscustomobject] @{ Parameters = $parameters }
}

function Get-ADSyncPartitionPasswordSyncState {
    [CmdletBinding()]
    param()
    if (Test-Fault 'Get-ADSyncPartitionPasswordSyncState') { return }
    foreach ($connector in @((Read-Site).connectors)) {
        if ($connector.type -ne 'AD') { continue }
        foreach ($name in 'DC=corp,DC=contoso,DC=com', 'default') {
            # The row named "default" is of no partition; its times would be taken for newer ones.
            $cycle = if ($name -eq 'default') { '2030-01-01T00:00:00' } else { $connector.lastCycle }
            $success = if ($name -eq 'default') { '2030-01-01T00:00:00' } else { $connector.lastSuccess }
            [pscustomobject] @{
                ConnectorId = [guid] $connector.id
                DN = $name
                PasswordSyncLastSuccessfulCycleStartTimestamp = Get-Time $success
                PasswordSyncLastSuccessfulCycleEndTimestamp = Get-Time $success
                PasswordSyncLastCycleStartTimestamp = Get-Time $cycle
                PasswordSyncLastCycleEndTimestamp = Get-Time $cycle
                PasswordSyncLastCycleStatus = [CycleStatus]::Successful
            }
        }
    }
}

# A time as .NET gives it: what was never set is the beginning of time.
function Get-Time($Text) {
    if (-not $Text) { return [datetime]::MinValue }
    return [datetime] $Text
}

function Get-ADSyncAADPasswordSyncConfiguration {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)] [string] $SourceConnector)
    if (Test-Fault 'Get-ADSyncAADPasswordSyncConfiguration') { return }
    $site = Read-Site
    $source = @($site.connectors | Where-Object { $_.type -eq 'AD' -and $_.name -ceq $SourceConnector })
    if ($source.Count -ne 1) { throw "no AD connector is named '$SourceConnector'" }
    $target = @($site.connectors | Where-Object { $_.subType })
    [pscustomobject] @{
        SourceConnector = $SourceConnector
        TargetConnector = [string] $target[0].name
        Enabled = [bool] $source[0].channel
    }
}

function Set-ADSyncAADPasswordSyncConfiguration {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [string] $SourceConnector,
        [Parameter(Mandatory = $true)] [string] $TargetConnector,
        [Parameter(Mandatory = $true)] [bool] $Enable
    )
    Write-Call "Set-ADSyncAADPasswordSyncConfiguration $SourceConnector > $TargetConnector : $Enable"
    if (Test-Fault 'Set-ADSyncAADPasswordSyncConfiguration') { return }
    $site = Read-Site
    $source = @($site.connectors | Where-Object { $_.type -eq 'AD' -and $_.name -ceq $SourceConnector })
    $target = @($site.connectors | Where-Object { $_.subType -and $_.name -ceq $TargetConnector })
    if ($source.Count -ne 1 -or $target.Count -ne 1) { throw 'no such pair of connectors' }
    $source[0].channel = $Enable
    Write-Site $site
}

function Get-Features {
    $site = Read-Site
    [pscustomobject] @{
        PasswordHashSync = [bool] $site.cloudFlag
        ForcePasswordChangeOnLogOn = $false
        UserWriteback = $false
        DeviceWriteback = $false
        UnifiedGroupWriteback = $false
        GroupWritebackV2 = $false
    }
}

function Set-Flag([string] $ConnectorName, [bool] $Enable, [string] $User) {
    Write-Call "Set-ADSyncAADPasswordSyncState $ConnectorName : $Enable as '$User'"
    if (Test-Fault 'Set-ADSyncAADPasswordSyncState') { return }
    $site = Read-Site
    $entra = @($site.connectors | Where-Object { $_.subType -and $_.name -ceq $ConnectorName })
    if ($entra.Count -ne 1) { throw "no Entra connector is named '$ConnectorName'" }
    $site.cloudFlag = $Enable
    Write-Site $site
}

$site = Read-Site
$build = [version] $site.build

# Older builds ask for the connector's name.
if ($site.asksForConnector) {
    function Get-ADSyncAADCompanyFeature {
        [CmdletBinding()]
        param([Parameter(Mandatory = $true)] [string] $ConnectorName)
        if (Test-Fault 'Get-ADSyncAADCompanyFeature') { return }
        if (@((Read-Site).connectors | Where-Object { $_.name -ceq $ConnectorName }).Count -ne 1) {
            throw "no connector is named '$ConnectorName'"
        }
        Get-Features
    }
} else {
    function Get-ADSyncAADCompanyFeature {
        [CmdletBinding()]
        param()
        if (Test-Fault 'Get-ADSyncAADCompanyFeature') { return }
        Get-Features
    }
}

# From 2.6.84.0 the cmdlet must be told who signs in, from 2.6.91.0 it may be. The window itself can't be shown here.
if ($build -ge [version] '2.6.91.0') {
    function Set-ADSyncAADPasswordSyncState {
        [CmdletBinding()]
        param(
            [Parameter(Mandatory = $true)] [string] $ConnectorName,
            [Parameter(Mandatory = $true)] [bool] $Enable,
            [string] $AADUsername
        )
        Set-Flag $ConnectorName $Enable $AADUsername
    }
} elseif ($build -ge [version] '2.6.84.0') {
    function Set-ADSyncAADPasswordSyncState {
        [CmdletBinding()]
        param(
            [Parameter(Mandatory = $true)] [string] $ConnectorName,
            [Parameter(Mandatory = $true)] [bool] $Enable,
            [Parameter(Mandatory = $true)] [string] $AADUsername
        )
        Set-Flag $ConnectorName $Enable $AADUsername
    }
} else {
    function Set-ADSyncAADPasswordSyncState {
        [CmdletBinding()]
        param(
            [Parameter(Mandatory = $true)] [string] $ConnectorName,
            [Parameter(Mandatory = $true)] [bool] $Enable
        )
        Set-Flag $ConnectorName $Enable ''
    }
}

# A session of another language: dates and numbers are written in its own way.
if ($site.culture) {
    $culture = [Globalization.CultureInfo] [string] $site.culture
    [Threading.Thread]::CurrentThread.CurrentCulture = $culture
    [Threading.Thread]::CurrentThread.CurrentUICulture = $culture
}

$cmdlets = @(
    'Get-ADSyncAADCompanyFeature'
    'Get-ADSyncAADPasswordSyncConfiguration'
    'Get-ADSyncConnector'
    'Get-ADSyncConnectorRunStatus'
    'Get-ADSyncGlobalSettings'
    'Get-ADSyncPartitionPasswordSyncState'
    'Get-ADSyncScheduler'
    'Set-ADSyncAADPasswordSyncConfiguration'
    'Set-ADSyncAADPasswordSyncState'
)
$missing = @($site.missing)
Export-ModuleMember -Function @($cmdlets | Where-Object { $missing -notcontains $_ })
