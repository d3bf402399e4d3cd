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
    [ValidatePattern('^[A-Za-z0-9_][A-Za-z0-9._+''-]*@[A-Za-z0-9_][A-Za-z0-9.-]*$')]
    [string] $AADUsername
)

$ProgressPreference = 'SilentlyContinue'
# The output is plain ASCII anyway; this is for PowerShell's own complaints. Where there is no console it fails, and an
# operator's own console stays as it is.
if ($Attended -ne 'True') {
    try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false) } catch { $null = $_ }
}

# One line of plain ASCII, so that no code page can garble it.
function Write-Json($Object) {
    $json = ConvertTo-Json -InputObject $Object -Compress -Depth 6
    $ascii = foreach ($char in $json.ToCharArray()) {
        $code = [int] $char
        if ($code -lt 32 -or $code -gt 126) { '\u{0:x4}' -f $code } else { $char }
    }
    -join $ascii
}

$answer = @{ ok = $false; code = 'script-failed'; message = 'the script ended before its end' }

# A scope of its own, from which Microsoft's modules inherit neither strict mode nor preferences. Only $answer leaves
# it: what cmdlets say besides their results is dropped, since nothing but the one object may be printed.
$null = & {
    Set-StrictMode -Version 2.0
    $ErrorActionPreference = 'Stop'
    $ConfirmPreference = 'None'

    $EntraIdentifier = 'b891884f-051e-4a83-95af-2544101c9083'
    $EntraSubType = 'Windows Azure Active Directory (Microsoft)'

    function Set-Failure([string] $Code, [string] $Message) {
        $answer.code = $Code
        $answer.message = ($Message -split "`r?`n")[0]
    }

    # A property as text, empty where this build's object has no such property.
    function Get-Text($Object, [string] $Name) {
        if ($null -eq $Object) { return '' }
        $property = $Object.PSObject.Properties[$Name]
        if ($null -eq $property) { return '' }
        return "$($property.Value)"
    }

    # A property as text that must be known.
    function Get-Known($Object, [string] $Name) {
        $text = Get-Text $Object $Name
        if (-not $text) { throw "the cmdlet did not say $Name" }
        return $text
    }

    # An identifier as text: a Guid on some builds, a text on others, in braces or not.
    function Get-Id($Object) {
        return (Get-Text $Object 'Identifier').Trim('{', '}')
    }

    # Other connectors are of the same type: only the sub-type or the documented identifier tells this one.
    function Test-Entra($Candidate) {
        if ((Get-Id $Candidate) -eq $EntraIdentifier) { return $true }
        return ((Get-Text $Candidate 'Type') -eq 'Extensible2' -and (Get-Text $Candidate 'SubType') -eq $EntraSubType)
    }

    # Whether an error says that a person is needed. Its words are in Windows' language; its id and its types are in
    # none. PSInvalidOperationException is what PowerShell throws when a prompt meets -NonInteractive.
    function Test-Asks($Record) {
        if ("$($Record.FullyQualifiedErrorId)" -like 'MissingMandatoryParameter*') { return $true }
        $exception = $Record.Exception
        while ($null -ne $exception) {
            $type = "$($exception.PSObject.TypeNames[0])"
            if ($type -like '*.PSInvalidOperationException') { return $true }
            if ($type -like '*.MsalUiRequiredException') { return $true }
            $exception = $exception.InnerException
        }
        return $false
    }

    function Get-CloudFlag([string] $ConnectorName) {
        $read = Get-Command -Name 'Get-ADSyncAADCompanyFeature' -ErrorAction Stop
        $asked = @{ ErrorAction = 'Stop' }
        # Older builds ask for the connector's name.
        if ($read.Parameters.Keys -contains 'ConnectorName') { $asked.ConnectorName = $ConnectorName }
        return (Get-Known (Get-ADSyncAADCompanyFeature @asked) 'PasswordHashSync')
    }

    $stage = 'module-missing'
    try {
        Import-Module -Name ADSync -ErrorAction Stop

        $stage = 'cmdlet-missing'
        $set = Get-Command -Name 'Set-ADSyncAADPasswordSyncState' -ErrorAction Stop
        $takesUser = $set.Parameters.Keys -contains 'AADUsername'

        $stage = 'state-unreadable'
        $entra = @(Get-ADSyncConnector -ErrorAction Stop | Where-Object { Test-Entra $_ })
        if ($entra.Count -ne 1) {
            Set-Failure 'state-moved' "expected exactly one Entra connector, found $($entra.Count)"
            return
        }
        if ((Get-Id $entra[0]) -ne $EntraConnector) {
            Set-Failure 'state-moved' 'the Entra connector is not the one of the plan'
            return
        }
        if ($takesUser -and $Attended -ne 'True') {
            Set-Failure 'needs-a-person' 'on this build Set-ADSyncAADPasswordSyncState asks a person to sign in'
            return
        }
        $mandatory = $false
        if ($takesUser) {
            foreach ($parameterSet in $set.Parameters['AADUsername'].ParameterSets.Values) {
                if ($parameterSet.IsMandatory) { $mandatory = $true }
            }
        }
        if ($mandatory -and -not $AADUsername) {
            Set-Failure 'needs-a-person' 'on this build the cmdlet must be told who signs in: give --aad-username'
            return
        }

        $scheduler = Get-ADSyncScheduler -ErrorAction Stop
        if ((Get-Known $scheduler 'StagingModeEnabled') -ne $ExpectedStaging) {
            Set-Failure 'state-moved' 'staging mode is not as in the plan'
            return
        }
        if ((Get-Known $scheduler 'SyncCycleInProgress') -ne 'False') {
            Set-Failure 'cycle-running' 'a synchronization cycle has begun'
            return
        }
        $name = Get-Known $entra[0] 'Name'
        if ((Get-CloudFlag $name) -ne $ExpectedCloudFlag) {
            Set-Failure 'state-moved' 'the cloud flag is not as in the plan'
            return
        }

        $stage = 'cmdlet-failed'
        $change = @{ ConnectorName = $name; Enable = $true; ErrorAction = 'Stop' }
        # Builds before the cmdlet asked have no place for it.
        if ($AADUsername -and $takesUser) { $change.AADUsername = $AADUsername }
        $null = Set-ADSyncAADPasswordSyncState @change

        $stage = 'not-read-back'
        if ((Get-CloudFlag $name) -ne 'True') {
            Set-Failure 'flag-still-off' 'the cmdlet reported no error, and the cloud flag is still off'
            return
        }
        $answer.Clear()
        $answer.ok = $true
        $answer.cloud_flag_before = $false
        $answer.cloud_flag = $true
    } catch {
        if ($stage -eq 'cmdlet-failed' -and (Test-Asks $_)) { $stage = 'needs-a-person' }
        Set-Failure $stage $_.Exception.Message
    }
} 3> $null 4> $null 5> $null 6> $null

Write-Json $answer
exit 0
