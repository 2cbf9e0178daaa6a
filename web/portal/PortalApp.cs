using System.Globalization;
using InternPlatform.Portal.Clients;
using InternPlatform.Portal.Hosting;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MudBlazor;
using MudBlazor.Services;

namespace InternPlatform.Portal;

/// <summary>The portal as a host plugs it in: services, middleware, endpoints.</summary>
public static class PortalApp
{
    public static IReadOnlyList<CultureInfo> Cultures { get; } = [new("en"), new("zh-CN")];

    public static void AddPortal(this WebApplicationBuilder builder)
    {
        // Without these two lines the assets of build output have no bytes outside Development, or are sent uncompressed as "gzip".
        builder.WebHost.UseStaticWebAssets();
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";

        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents()
            .AddHubOptions(options =>
            {
                // Often enough that shell.js misses the server within seconds.
                options.KeepAliveInterval = TimeSpan.FromSeconds(1);
                // What a page was rendered with first comes back in one message (see Load.razor); the default of 32 KiB would close the circuit of a page with a long list.
                options.MaximumReceiveMessageSize = 1 << 20;
            });
        services.AddCascadingAuthenticationState();
        services.AddLocalization(options => options.ResourcesPath = "Resources");
        services.AddMudServices(options => options.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
        services.AddTransient<MudLocalizer, PortalMudLocalizer>();
        services.AddPortalClients();
        services.AddAntiforgery(options => options.Cookie.Name = "intern-forms");
    }

    /// <summary>Goes before routing and authentication.</summary>
    public static void UsePortal(this WebApplication app)
    {
        app.UseRequestLocalization(options =>
        {
            options.DefaultRequestCulture = new RequestCulture(Cultures[0]);
            options.SupportedCultures = options.SupportedUICultures = [.. Cultures];
            options.RequestCultureProviders = [new CookieRequestCultureProvider(), new AcceptLanguageHeaderRequestCultureProvider()];
        });
        app.UseWhen(PortalPaths.IsPage, pages =>
        {
            pages.UseMiddleware<PageHeaders>();
            pages.UseExceptionHandler("/error", createScopeForErrors: true);
            pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        });
    }

    /// <summary>Goes after authorization.</summary>
    public static void MapPortal(this WebApplication app)
    {
        app.UseAntiforgery();
        app.MapStaticAssets().AllowAnonymous();
        app.MapPreferences();
        app.MapMarkdown();
        app.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = "'none'")
            .WithStaticAssets()
            // Visitors get the welcome page; every other page asks for a signed-in user itself.
            .AllowAnonymous();
    }

    /// <summary>The typed clients over the services' HTTP API.</summary>
    public static void AddPortalClients(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServiceHttp>(provider => provider.GetRequiredService<ServiceClients>().For);
        services.AddScoped<SignedInUser>().AddScoped<ServiceApi>();
        services.AddScoped<CatalogClient>().AddScoped<JobsClient>().AddScoped<DeploymentClient>();
        services.AddScoped<EvaluationClient>().AddScoped<PipelinesClient>().AddScoped<IdentityClient>().AddScoped<DeadLettersClient>();
        services.AddScoped<AgentsClient>().AddScoped<FinetuningClient>().AddScoped<ServicesClient>();
    }
}
