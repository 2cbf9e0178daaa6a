using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace InternPlatform.Portal.Hosting;

/// <summary>The portal's own ES modules.</summary>
internal static class ScriptModules
{
    public static ValueTask<IJSObjectReference> ImportAsync(this IJSRuntime js, ResourceAssetCollection assets, string file) =>
        js.InvokeAsync<IJSObjectReference>("import", $"./{assets[$"_content/InternPlatform.Portal/{file}"]}");

    /// <summary>Lets a module or a handle go; a page that is already closed has nothing left to let go of.</summary>
    public static async ValueTask DropAsync(this IJSObjectReference reference)
    {
        try
        {
            await reference.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone, and with it the module.
        }
    }

    /// <summary>Calls <c>dispose</c> of what a module handed out, then lets it go.</summary>
    public static async ValueTask DisposeHandleAsync(this IJSObjectReference handle)
    {
        try
        {
            await handle.InvokeVoidAsync("dispose");
            await handle.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The browser has gone, and with it the module.
        }
    }
}
