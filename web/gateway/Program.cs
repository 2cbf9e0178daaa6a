using InternPlatform.Gateway;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, [], GatewayHost.Extensions);
