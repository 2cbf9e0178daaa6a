using System.Globalization;
using System.Security.Claims;
using Bunit;
using Bunit.TestDoubles;
using InternPlatform.Portal.Clients;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MudBlazor;
using MudBlazor.Services;
using Xunit;

namespace InternPlatform.Portal.Tests;

/// <summary>Renders the portal's components for a signed-in user, over <see cref="FakeServices"/>.</summary>
public abstract class PortalContext : BunitContext, IAsyncLifetime
{
    protected PortalContext()
    {
        Speak("en");
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddMudServices();
        Services.AddLocalization(options => options.ResourcesPath = "Resources");
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddSingleton<ServiceHttp>(Platform.For);
        Services.AddPortalClients();
        AddBunitPersistentComponentState();
        Authorization = this.AddAuthorization();
        Authorization.SetAuthorized("owner");
        Authorization.SetClaims(
            new Claim(Assertions.UserIdClaim, Guid.Empty.ToString()),
            new Claim(Assertions.UserNameClaim, "owner"),
            new Claim(Assertions.ProjectClaim, Guid.Empty.ToString()),
            new Claim(Assertions.ScopeClaim, "read write chat"));
    }

    protected FakeServices Platform { get; } = new();

    protected FakeTimeProvider Time { get; } = new(Samples.Now);

    protected BunitAuthorizationContext Authorization { get; }

    protected static void Speak(string culture) =>
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(culture);

    protected IRenderedComponent<IComponent> Show(Type page, params IEnumerable<(string Name, object Value)> parameters) => Render<IComponent>(builder =>
    {
        builder.OpenComponent(0, page);
        foreach (var (name, value) in parameters)
        {
            builder.AddAttribute(1, name, value);
        }

        builder.CloseComponent();
    });

    protected void GoTo(string path) => Services.GetRequiredService<NavigationManager>().NavigateTo(path);

    /// <summary>Popovers and dialogs render in their providers, as in the layout.</summary>
    protected IRenderedComponent<MudDialogProvider> ShowProviders()
    {
        Render<MudPopoverProvider>();
        return Render<MudDialogProvider>();
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;
}
