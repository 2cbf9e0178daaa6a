using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Components.Authorization;

namespace InternPlatform.Portal.Clients;

/// <summary>Who looks at the page; the services are called in this person's name and with this person's rights.</summary>
public sealed class SignedInUser(AuthenticationStateProvider authentication)
{
    public async Task<Originator> OriginatorAsync() =>
        Caller.Of((await authentication.GetAuthenticationStateAsync()).User).ToOriginator();
}
