/* Does nothing for ever: the body of programs that are only looked at (miiserver.exe, AzureADConnect.exe). */
#include <windows.h>

void start(void)
{
    Sleep(INFINITE);
}
