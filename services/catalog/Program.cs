using InternPlatform.Catalog;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, CatalogService.Definition);
