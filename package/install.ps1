#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Installs the Syncmedic agent on a sync server, or brings an installed one up to date.

.DESCRIPTION
Run it from the unpacked package, in an elevated Windows PowerShell, as often as you like: it changes only what is not yet so.

It checks the package against SHA256SUMS, copies the program to Program Files, makes the agent's folder in ProgramData with key
and configuration (both stay if they are there), installs the service, and lets the bot's address, and nothing else, through the
firewall. It starts the service once the agent is enrolled.

As it is installed the agent only reports: it is put into no group, and nothing ever runs. See windows-agent.md.

.PARAMETER BotAddress
The address of the bot's host, such as 10.1.2.3; several, or a network as 10.1.2.0/24, are possible.

.PARAMETER Id
The agent's id. Unless given, the server's own name.

.PARAMETER Bundle
The file that `syncmedic agents add` wrote on the bot's host. Without it the certificate request is made, for you to carry there.

.PARAMETER AllowCommands
Also makes the service a member of the server's group ADSyncAdmins, which ADSync's cmdlets need: Tier 0 power. What may run is
still for agent.toml to say. Left out, an earlier membership is taken back: give it at upgrades too.

.PARAMETER Port
The port that the agent listens on, if agent.toml names another one than 6990.

.EXAMPLE
.\install.ps1 -BotAddress 10.1.2.3

.EXAMPLE
.\install.ps1 -BotAddress 10.1.2.3 -Bundle .\enrolment.toml
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)]
    [ValidateNotNullOrEmpty()]
    [string[]] $BotAddress,

    [ValidatePattern('^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$')]
    [string] $Id = $env:COMPUTERNAME,

    [string] $Bundle = '',

    [switch] $AllowCommands,

    [ValidateRange(1, 65535)]
    [int] $Port = 6990
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$package = $PSScriptRoot
# From the system: what sets variables for a person's account reaches their elevated consoles too.
$programs = Join-Path -Path ([System.Environment]::GetFolderPath('ProgramFiles')) -ChildPath 'Syncmedic'
$program = Join-Path -Path $programs -ChildPath 'syncmedic-agent.exe'
$folder = Join-Path -Path ([System.Environment]::GetFolderPath('CommonApplicationData')) -ChildPath 'Syncmedic'
$config = Join-Path -Path $folder -ChildPath 'agent.toml'
$enrolment = Join-Path -Path $folder -ChildPath 'data\enrolment.toml'
$rule = 'SyncmedicAgent'

function Write-Step {
    param([string] $Text)
    Write-Host ('* ' + $Text)
}

# Fails unless every file that SHA256SUMS names is what it says, and the program is among them.
function Test-Package {
    $sums = Join-Path -Path $package -ChildPath 'SHA256SUMS'
    $named = @()
    foreach ($line in [System.IO.File]::ReadAllLines($sums)) {
        if ($line -notmatch '^([0-9a-f]{64})  ([A-Za-z0-9._/-]+)$') {
            throw "${sums}: a line can't be read: $line"
        }
        $expected = $Matches[1]
        $name = $Matches[2]
        if ($name -match '\.\.') {
            throw "${sums}: a name leads out of the package: $name"
        }
        $path = Join-Path -Path $package -ChildPath $name.Replace('/', '\')
        $found = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLowerInvariant()
        if ($found -ne $expected) {
            throw "$path is not the file that was packed (SHA-256 $found instead of $expected): unpack the package again."
        }
        $named += $name
    }
    foreach ($name in @('syncmedic-agent.exe', 'install.ps1')) {
        if ($named -notcontains $name) {
            throw "${sums} does not name $name."
        }
    }
}

# A rule for everybody would defeat its purpose.
function Test-Address {
    param([string] $Address)
    $parts = $Address.Split('/')
    $parsed = $null
    if (($parts.Count -gt 2) -or -not [System.Net.IPAddress]::TryParse($parts[0], [ref] $parsed)) {
        throw "-BotAddress ${Address}: an IP address, or a network such as 10.1.2.0/24, is needed."
    }
    if ($parts.Count -eq 2) {
        $length = 0
        if (-not [int]::TryParse($parts[1], [ref] $length) -or ($length -lt 8) -or ($length -gt 128)) {
            throw "-BotAddress ${Address}: a network of 8 bits or more is needed."
        }
    }
    if ($parsed.Equals([System.Net.IPAddress]::Any) -or $parsed.Equals([System.Net.IPAddress]::IPv6Any)) {
        throw "-BotAddress ${Address}: name the bot's own address."
    }
}

function Invoke-Agent {
    param([string[]] $Arguments)
    # In a remote session 5.1 makes an error of each line on a program's error stream, where the agent says what to do next:
    # here only its exit code counts.
    $ErrorActionPreference = 'Continue'
    & $program $Arguments
    if ($LASTEXITCODE -ne 0) {
        throw "syncmedic-agent $($Arguments -join ' ') ended with exit code $LASTEXITCODE (see above)."
    }
}

# Stops the service, and waits until its process is gone: as long as that ends, Windows lets nobody replace its program.
function Stop-Agent {
    $service = Get-CimInstance -ClassName Win32_Service -Filter "Name='SyncmedicAgent'"
    if ($null -eq $service) {
        return
    }
    if ($service.State -ne 'Stopped') {
        Stop-Service -Name 'SyncmedicAgent'
    }
    if ($service.ProcessId -ne 0) {
        Wait-Process -Id $service.ProcessId -Timeout 30 -ErrorAction SilentlyContinue
    }
}

foreach ($address in $BotAddress) {
    Test-Address -Address $address
}
if ($Bundle -ne '') {
    $Bundle = (Resolve-Path -LiteralPath $Bundle).ProviderPath
}

Write-Step 'The package is checked against SHA256SUMS'
Test-Package

Write-Step "The program is copied to $programs"
Stop-Agent
if (-not (Test-Path -LiteralPath $programs)) {
    New-Item -Path $programs -ItemType Directory | Out-Null
}
foreach ($name in @('syncmedic-agent.exe', 'README.txt', 'windows-agent.md', 'LICENSE-MIT', 'LICENSE-APACHE')) {
    $target = Join-Path -Path $programs -ChildPath $name
    Copy-Item -LiteralPath (Join-Path -Path $package -ChildPath $name) -Destination $target -Force
    # What came from the internet is marked so, and the mark is copied along.
    Unblock-File -LiteralPath $target
}
# All administrators' own, whoever copied it: a service's program that belongs to one person is refused.
& icacls.exe $programs /setowner '*S-1-5-32-544' /T /C /Q | Out-Null
& icacls.exe $programs /reset /T /C /Q | Out-Null

Write-Step "The agent $Id lies in $folder"
Invoke-Agent -Arguments @('init', '--id', $Id, '--data', $folder)
if ($Bundle -ne '') {
    Invoke-Agent -Arguments @('install', '--config', $config, '--bundle', $Bundle)
}

Write-Step 'The service is installed'
$arguments = @('service', 'install', '--config', $config)
if ($AllowCommands) {
    $arguments += '--allow-commands'
}
Invoke-Agent -Arguments $arguments

Write-Step "The firewall lets in TCP $Port from $($BotAddress -join ', ')"
$settings = @{
    Direction     = 'Inbound'
    Protocol      = 'TCP'
    LocalPort     = $Port
    RemoteAddress = $BotAddress
    Program       = $program
    Action        = 'Allow'
    Profile       = 'Any'
    Enabled       = 'True'
}
if ($null -eq (Get-NetFirewallRule -Name $rule -ErrorAction SilentlyContinue)) {
    New-NetFirewallRule -Name $rule -DisplayName 'Syncmedic agent' @settings | Out-Null
} else {
    Set-NetFirewallRule -Name $rule @settings
}

if (Test-Path -LiteralPath $enrolment) {
    Write-Step 'The service is started'
    Invoke-Agent -Arguments @('service', 'start')
    Write-Host ''
    Write-Host 'Next: look what works here, in an elevated console:'
    Write-Host "  & '$program' self-test"
} else {
    Write-Host ''
    Write-Host 'Next: enrol it. On the bot''s host, with agent.csr from the folder data:'
    Write-Host "  syncmedic agents add $Id --url https://$($env:COMPUTERNAME):$Port --csr agent.csr --out enrolment.toml"
    Write-Host 'Carry enrolment.toml, no secret, back here, and run:'
    Write-Host "  .\install.ps1 -BotAddress $($BotAddress -join ',') -Id $Id -Bundle .\enrolment.toml"
}
