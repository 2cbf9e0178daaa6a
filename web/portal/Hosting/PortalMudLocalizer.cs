using Microsoft.Extensions.Localization;
using MudBlazor;

namespace InternPlatform.Portal.Hosting;

/// <summary>MudBlazor's own words in the user's language; a word we lack stays English.</summary>
internal sealed class PortalMudLocalizer(IStringLocalizer<MudTexts> words) : MudLocalizer
{
    public override LocalizedString this[string key] => words[key];
}
