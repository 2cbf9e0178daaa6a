using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace InternPlatform.Deployment.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Parts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "AdaptersJson",
                table: "deployments",
                type: "TEXT",
                nullable: false,
                defaultValue: "[]");

            migrationBuilder.AddColumn<string>(
                name: "DraftArtifactId",
                table: "deployments",
                type: "TEXT",
                maxLength: 64,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "AdaptersJson",
                table: "deployments");

            migrationBuilder.DropColumn(
                name: "DraftArtifactId",
                table: "deployments");
        }
    }
}
