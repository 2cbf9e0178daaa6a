using InternPlatform.ServiceDefaults;
using InternPlatform.Standalone;

return await PlatformHost.RunAsync(args, StandaloneHost.Services, StandaloneHost.Extensions);
