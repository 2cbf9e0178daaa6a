using InternPlatform.Portal;
using InternPlatform.ServiceDefaults;

// The portal as a process of its own, behind the gateway. The embedded profile has it in its one process.
return await PlatformHost.RunAsync(args, [], new HostExtensions
{
    Name = "portal",
    ApplicationName = typeof(Program).Assembly.GetName().Name,
    AddServices = builder => builder.AddPortal(),
    UseMiddleware = app => app.UsePortal(),
    MapEndpoints = app => app.MapPortal(),
});
