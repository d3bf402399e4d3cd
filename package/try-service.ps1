#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Tries the agent's package on a real Windows, for the project's own CI: installs, enrols, starts, looks, stops and removes it.

.DESCRIPTION
Only for a machine that is thrown away afterwards.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)] [string] $Package,
    [Parameter(Mandatory = $true)] [string] $Bot
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$unpacked = Join-Path -Path $env:TEMP -ChildPath 'syncmedic-package'
$folder = Join-Path -Path $env:ProgramData -ChildPath 'Syncmedic'
$agent = Join-Path -Path $env:ProgramFiles -ChildPath 'Syncmedic\syncmedic-agent.exe'
$install = Join-Path -Path $unpacked -ChildPath 'install.ps1'
$config = Join-Path -Path $folder -ChildPath 'agent.toml'

function Confirm-That {
    param([string] $What, [bool] $Is)
    if (-not $Is) {
        throw "It should be so that $What."
    }
    Write-Host "ok: $What"
}

# Waits until something is so.
function Wait-Until {
    param([string] $What, [scriptblock] $Is)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Is)) {
        if ($watch.Elapsed.TotalSeconds -gt 120) {
            throw "In 120 s it did not come to this: $What."
        }
        Start-Sleep -Milliseconds 500
    }
    Write-Host "ok: $What"
}

# Starts the agent in a console, where it must refuse, and say so in words: any other end, and none at all, is a fault.
function Confirm-Refused {
    param([string] $What, [string] $Words)
    $out = Join-Path -Path $env:TEMP -ChildPath 'syncmedic-refused.txt'
    $how = @{
        FilePath = $agent
        ArgumentList = @('run', '--config', ('"' + $config + '"'))
        NoNewWindow = $true
        PassThru = $true
        RedirectStandardError = $out
    }
    $process = Start-Process @how
    # Without this the exit code is not kept.
    $null = $process.Handle
    if (-not $process.WaitForExit(60000)) {
        $process.Kill()
        throw "It should be so that $What. After 60 s the agent still ran."
    }
    $said = Get-Content -LiteralPath $out -Raw
    Write-Host "exit code $($process.ExitCode): $said"
    Confirm-That $What (($process.ExitCode -eq 78) -and ($said -match $Words))
}

function Get-Agent {
    Get-CimInstance -ClassName Win32_Service -Filter "Name='SyncmedicAgent'"
}

$zip = @(Get-ChildItem -Path $Package -Filter '*.zip')
Confirm-That 'there is one package' ($zip.Count -eq 1)
Expand-Archive -LiteralPath $zip[0].FullName -DestinationPath $unpacked -Force

& $install -BotAddress 127.0.0.1 -Id CI01
$key = Join-Path -Path $folder -ChildPath 'data\agent.key'
$allowed = @((Get-Acl -LiteralPath $key).Access | ForEach-Object { $_.IdentityReference.Value } | Sort-Object -Unique)
Write-Host "The key's list: $($allowed -join ', ')"
$known = @('NT AUTHORITY\SYSTEM', 'BUILTIN\Administrators', 'NT SERVICE\SyncmedicAgent')
Confirm-That 'nobody else has the key' (@($allowed | Where-Object { $known -notcontains $_ }).Count -eq 0)

# Once more changes nothing.
& $install -BotAddress 127.0.0.1 -Id CI01
& $Bot agents add CI01 --url https://127.0.0.1:6990 --csr (Join-Path -Path $folder -ChildPath 'data\agent.csr') --out enrolment.toml
Confirm-That 'the bot enrols it' ($LASTEXITCODE -eq 0)
& $install -BotAddress 127.0.0.1 -Id CI01 -Bundle .\enrolment.toml

& $agent service status
Confirm-That 'the service runs' ($LASTEXITCODE -eq 0)
$service = Get-Agent
Confirm-That 'it runs as its virtual account' ($service.StartName -eq 'NT SERVICE\SyncmedicAgent')
Confirm-That 'it depends on nothing' (@((Get-Service -Name SyncmedicAgent).ServicesDependedOn).Count -eq 0)
$quoted = '"' + $agent + '" service run --config '
Confirm-That 'the path of its program is quoted' ($service.PathName.StartsWith($quoted))
$settings = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\SyncmedicAgent'
Confirm-That 'it starts by itself, delayed' (($settings.Start -eq 2) -and ($settings.DelayedAutostart -eq 1))
Confirm-That 'it may have one privilege' ((@($settings.RequiredPrivileges) -join ' ') -eq 'SeChangeNotifyPrivilege')

# Whoever is on the box sees what the bot would see: what the service's own account reads.
Wait-Until 'status shows what the service sees' { (& $agent status | Out-String) -match 'by the running agent at' }
& $agent status
& $agent self-test
Write-Host "self-test ended with $LASTEXITCODE (this machine has no ADSync)"
& $Bot agents list

# What is killed comes back.
Stop-Process -Id $service.ProcessId -Force
Wait-Until 'it is started again after it was killed' {
    $now = Get-Agent
    ($now.State -eq 'Running') -and ($now.ProcessId -ne $service.ProcessId)
}

# An upgrade replaces the program of a service that runs.
& $install -BotAddress 127.0.0.1 -Id CI01
Confirm-That 'it runs after an upgrade' ((Get-Agent).State -eq 'Running')

# The group's membership comes and goes with the switch.
New-LocalGroup -Name 'ADSyncAdmins' | Out-Null
& $agent service install --allow-commands
Confirm-That 'it is set up beside a service that runs' ($LASTEXITCODE -eq 0)
$members = @(Get-LocalGroupMember -Name 'ADSyncAdmins' | ForEach-Object { $_.Name })
Confirm-That 'it is a member where commands are allowed' ($members -contains 'NT SERVICE\SyncmedicAgent')
& $agent service install
Confirm-That 'it is none where they are not' (@(Get-LocalGroupMember -Name 'ADSyncAdmins').Count -eq 0)
New-LocalGroup -Name 'Others' | Out-Null
Add-LocalGroupMember -Name 'Others' -Member 'NT SERVICE\SyncmedicAgent'
New-LocalGroup -Name 'Everyone of us' | Out-Null
Add-LocalGroupMember -Name 'Everyone of us' -Member 'NT SERVICE\ALL SERVICES'
$said = & $agent service install | Out-String
Write-Host $said
Confirm-That 'a group that somebody else put it into is named' ($said -match 'member of .*\bOthers\b')
Confirm-That 'a group that holds it through all services is named' ($said -match 'Everyone of us \(through ALL SERVICES\)')
Remove-LocalGroup -Name 'Others'
Remove-LocalGroup -Name 'Everyone of us'

$watch = [System.Diagnostics.Stopwatch]::StartNew()
& $agent service stop
Confirm-That 'it stops within 5 s' (($LASTEXITCODE -eq 0) -and ($watch.Elapsed.TotalSeconds -lt 5))

# A junction in the place of one of its folders leads elsewhere.
$staged = Join-Path -Path $folder -ChildPath 'data\staged'
Remove-Item -LiteralPath $staged -Recurse
New-Item -Path $staged -ItemType Junction -Value $env:TEMP | Out-Null
Confirm-Refused 'a junction is refused' 'staged: it is a link or a junction'
[System.IO.Directory]::Delete($staged)

# Whoever can read the key makes it worthless.
& icacls.exe $key /grant 'BUILTIN\Users:R' | Out-Null
Confirm-That 'the key is opened to others' ($LASTEXITCODE -eq 0)
Confirm-Refused 'a key that others can read is refused' 'agent\.key: .+ may read it'
& $agent service install
Confirm-That 'the list is set anew' ($LASTEXITCODE -eq 0)
& $agent service start
Confirm-That 'it starts again once the list is set anew' ($LASTEXITCODE -eq 0)

$events = @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'Syncmedic' })
$events | Format-List -Property Id, LevelDisplayName, Message
Confirm-That 'its start is an event with a text' (@($events | Where-Object { $_.Id -eq 1 -and $_.Message -match 'has started' }).Count -ge 1)

& $agent service uninstall
Confirm-That 'removing it succeeds' ($LASTEXITCODE -eq 0)
Confirm-That 'it is removed' ($null -eq (Get-Service -Name SyncmedicAgent -ErrorAction SilentlyContinue))
Remove-NetFirewallRule -Name SyncmedicAgent
