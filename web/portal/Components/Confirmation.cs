using MudBlazor;

namespace InternPlatform.Portal.Components;

/// <summary>Asks before something that cannot be undone, or costs.</summary>
internal static class Confirmation
{
    public static async Task<bool> ConfirmAsync(this IDialogService dialogs, string title, string text, string action, bool dangerous)
    {
        var parameters = new DialogParameters<Confirm>
        {
            { dialog => dialog.Title, title },
            { dialog => dialog.Text, text },
            { dialog => dialog.Action, action },
            { dialog => dialog.Dangerous, dangerous },
        };
        var options = new DialogOptions { CloseOnEscapeKey = true, MaxWidth = MaxWidth.ExtraSmall, FullWidth = true };
        var dialog = await dialogs.ShowAsync<Confirm>(title, parameters, options);
        return await dialog.Result is { Canceled: false };
    }
}
