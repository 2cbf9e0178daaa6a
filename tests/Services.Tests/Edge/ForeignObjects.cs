using System.Net.Http.Json;
using InternPlatform.Contracts.Identity;
using InternPlatform.Services.Tests.Hosting;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>Objects of another tenant, by kind; each returns the id that the route takes.</summary>
internal static class ForeignObjects
{
    public static async Task<string> MakeAsync(string kind, RunningStandalone platform, HttpClient tenant) => kind switch
    {
        "project" => (await tenant.GetFromJsonAsync<MeView>("/api/identity/me", InternPlatform.ServiceDefaults.PlatformJson.Options))!.ProjectId.ToString(),
        "user" => (await RunningStandalone.PostAsync<UserView>(tenant, "/api/identity/users", new CreateUser { Name = $"u-{Guid.NewGuid():N}"[..20] })).Id.ToString(),
        "key" => (await platform.AddKeyAsync(tenant)).Key.Id.ToString(),
        _ => throw new ArgumentException($"No maker for the object kind '{kind}'.", nameof(kind)),
    };
}
