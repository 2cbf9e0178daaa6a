using InternPlatform.Identity;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, IdentityService.Definition);
