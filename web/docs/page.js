// Starts Swagger UI on the contract of this server. No inline script: the page's policy allows files only.
"use strict";

if (window.SwaggerUIBundle) {
  window.SwaggerUIBundle({
    dom_id: "#page",
    url: "/api/docs/swagger.yaml",
    deepLinking: true,
    docExpansion: "list",
    displayRequestDuration: true,
    persistAuthorization: false,
    tryItOutEnabled: true,
    // Nothing is sent to a validator outside.
    validatorUrl: null,
    presets: [window.SwaggerUIBundle.presets.apis],
  });
}
