using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace InternPlatform.Deployment.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class CacheBits : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "CacheBits",
                table: "deployments",
                type: "INTEGER",
                nullable: false,
                defaultValue: 32);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "CacheBits",
                table: "deployments");
        }
    }
}
